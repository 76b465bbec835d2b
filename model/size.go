package model

import (
	"reflect"
	"unsafe"
)

// Sizer is a model that says how much memory its states take. Checkers count it against their
// memory limit.
type Sizer[S any] interface {
	// Size is how many bytes s holds outside of itself that the states it was made of do not hold
	// too. It is asked for every state that a search keeps, so it must be cheap.
	Size(s S) int
}

// SizeOf is how checkers measure the states of m: by its Size if it is a Sizer, and otherwise by
// an estimate.
//
// The estimate follows strings, slices, maps, pointers and interfaces. It looks at a few elements
// and takes the rest to be alike, and follows a bounded number of references. It counts shared
// memory once for each state, because it cannot see sharing. So it is right for states that are
// copied, which is how most models are written; it is too high where large parts are shared; and
// it is too low where most of a state lies behind more references than it follows, such as the
// cells of a linked list, which are usually shared.
func SizeOf[S, In, Out any](m Model[S, In, Out]) func(S) int {
	if sizer, ok := any(m).(Sizer[S]); ok {
		return sizer.Size
	}
	if flat(reflect.TypeFor[S]()) {
		return func(S) int { return 0 }
	}
	return func(s S) int {
		left := mostFollowed
		return behind(reflect.ValueOf(&s).Elem(), &left)
	}
}

const (
	mostFollowed = 64 // values that an estimate looks at
	sampled      = 8  // elements of a slice or a map that it looks at
)

// flat says whether values of a type hold nothing outside of themselves.
func flat(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.String, reflect.Slice, reflect.Map, reflect.Pointer, reflect.Interface, reflect.Chan, reflect.Func,
		reflect.UnsafePointer:
		return false
	case reflect.Array:
		return flat(t.Elem())
	case reflect.Struct:
		for i := range t.NumField() {
			if !flat(t.Field(i).Type) {
				return false
			}
		}
	}
	return true
}

// behind estimates how many bytes v holds outside of itself.
func behind(v reflect.Value, left *int) (bytes int) {
	if *left--; *left < 0 {
		return 0
	}
	switch v.Kind() {
	case reflect.String:
		return v.Len()
	case reflect.Slice:
		bytes = v.Cap() * int(v.Type().Elem().Size())
		fallthrough
	case reflect.Array:
		if n := min(v.Len(), sampled); n > 0 && !flat(v.Type().Elem()) {
			sum := 0
			for i := range n {
				sum += behind(v.Index(i), left)
			}
			bytes += sum * v.Len() / n
		}
	case reflect.Map:
		const slot = 2 // slots of a table for each that is used, and a byte of control
		bytes = v.Len() * slot * int(v.Type().Key().Size()+v.Type().Elem().Size()+1)
		if flat(v.Type().Key()) && flat(v.Type().Elem()) {
			return bytes
		}
		n, sum := 0, 0
		for i := v.MapRange(); n < sampled && i.Next(); n++ {
			sum += behind(i.Key(), left) + behind(i.Value(), left)
		}
		bytes += sum * v.Len() / max(1, n)
	case reflect.Pointer:
		if !v.IsNil() {
			bytes = int(v.Type().Elem().Size()) + behind(v.Elem(), left)
		}
	case reflect.Interface:
		if !v.IsNil() {
			bytes = int(v.Elem().Type().Size()) + behind(v.Elem(), left)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if f := v.Field(i); !flat(f.Type()) {
				bytes += behind(f, left)
			}
		}
	}
	return bytes
}

// Values and texts in states are those of the calls, and take no memory of their own.

// Size is 0: a state is one value.
func (Register) Size(Value) int { return 0 }

// Size is that of the array.
func (Set) Size(s []Value) int { return arraySize(s) }

// Size is that of the array.
func (Queue) Size(s []Value) int { return arraySize(s) }

// Size is that of the array.
func (Bag) Size(s []Value) int { return arraySize(s) }

// Size is that of the array.
func (IDs) Size(s []Value) int { return arraySize(s) }

func arraySize(s []Value) int { return cap(s) * int(unsafe.Sizeof(Value(""))) }

// Size is that of one cell: states share the others.
func (Stack) Size(s *List) int { return cellSize }

// Size is that of one cell: states share the others.
func (AppendList) Size(s *List) int { return cellSize }

const cellSize = int(unsafe.Sizeof(List{}))

// Size is that of the text.
func (Text) Size(s string) int { return len(s) }
