// Package judge judges a recorded history: it reads the file, or standard input while it comes,
// tells the model by the calls, and makes a run of it that can be reported.
package judge
