package model

// List is an immutable list of values that shares its tail: states of queues, stacks and append
// lists. The hash is kept with each cell, so that comparing states that differ is as good as free.
type List struct {
	head   Value
	tail   *List
	length int
	digest uint64
}

func (l *List) push(v Value) *List {
	return &List{head: v, tail: l, length: l.len() + 1, digest: (l.hash()^v.hash())*0x9e3779b97f4a7c15 + 1}
}

func (l *List) len() int {
	if l == nil {
		return 0
	}
	return l.length
}

func (l *List) hash() uint64 {
	if l == nil {
		return 0
	}
	return l.digest
}

func (l *List) equal(o *List) bool {
	for l != o {
		if l == nil || o == nil || l.digest != o.digest || l.length != o.length || l.head != o.head {
			return false
		}
		l, o = l.tail, o.tail
	}
	return true
}

// is says whether l, read from its last cell to its first, holds values.
func (l *List) is(values []Value) bool {
	if l.len() != len(values) {
		return false
	}
	for i := len(values) - 1; i >= 0; i-- {
		if l.head != values[i] {
			return false
		}
		l = l.tail
	}
	return true
}

// values reads l from its last cell to its first.
func (l *List) values() []Value {
	values := make([]Value, l.len())
	for i := len(values) - 1; i >= 0; i-- {
		values[i], l = l.head, l.tail
	}
	return values
}
