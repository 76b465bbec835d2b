package splitvotetest

import "flag"

// artifacts says whether go test was told to keep what tests write.
func artifacts() bool {
	f := flag.Lookup("test.artifacts")
	return f != nil && f.Value.String() == "true"
}
