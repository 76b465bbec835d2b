package history

// History is a whole run's events in order. It is not changed once made.
type History struct {
	Ops []Op
}
