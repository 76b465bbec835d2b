package linear_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/splitvote/splitvote/checker/linear"
	"github.com/splitvote/splitvote/history"
)

// maxRegister is a type of our own: it remembers the greatest number it was ever given. A state is
// that number, a call is the number to give, or a negative one to read.
type maxRegister struct{}

func (maxRegister) Name() string { return "max-register" }

func (maxRegister) Call(invocation, completion *history.Op) (in, out int, err error) {
	if invocation.F == "give" {
		return in, 0, json.Unmarshal(invocation.Value, &in)
	}
	if completion != nil {
		err = json.Unmarshal(completion.Value, &out)
	}
	return -1, out, err
}

func (maxRegister) Init() int { return 0 }

func (maxRegister) Step(next []int, s, in int, out *int) []int {
	if in < 0 && out != nil && *out != s {
		return next
	}
	return append(next, max(s, in))
}

func (maxRegister) Equal(a, b int) bool { return a == b }

func (maxRegister) Hash(s int) uint64 { return uint64(s) }

func (maxRegister) Describe(in int, out *int) string {
	switch {
	case in >= 0:
		return fmt.Sprint("give ", in)
	case out == nil:
		return "read → ?"
	}
	return fmt.Sprint("read → ", *out)
}

func (maxRegister) ReadOnly(in int, _ *int) bool { return in < 0 }

// A history of a type of one's own is judged by a model of a few methods.
func ExampleCheck() {
	h, err := history.Read(strings.NewReader(`
{"process":0,"type":"invoke","f":"give","value":7}
{"process":0,"type":"ok","f":"give","value":7}
{"process":1,"type":"invoke","f":"give","value":4}
{"process":1,"type":"ok","f":"give","value":4}
{"process":0,"type":"invoke","f":"read"}
{"process":0,"type":"ok","f":"read","value":4}
`))
	if err != nil {
		fmt.Println(err)
		return
	}
	result := linear.Check(context.Background(), maxRegister{}, h, linear.Options{})
	fmt.Println(result.Verdict, "by", result.Method)
	for _, e := range result.Evidence {
		fmt.Println(e.Ops, e.Why[0].Text)
	}
	// Output:
	// invalid by search
	// [0 2 4] #4 (read → 4) is impossible: no order of these 3 calls allows it
}

// The models of package model go by their names.
func ExampleNew() {
	h, err := history.Read(strings.NewReader(`
{"process":0,"type":"invoke","f":"write","key":"x","value":4}
{"process":0,"type":"ok","f":"write","key":"x","value":4}
{"process":0,"type":"invoke","f":"write","key":"x","value":7}
{"process":0,"type":"ok","f":"write","key":"x","value":7}
{"process":1,"type":"invoke","f":"read","key":"x"}
{"process":1,"type":"ok","f":"read","key":"x","value":4}
`))
	if err != nil {
		fmt.Println(err)
		return
	}
	c, err := linear.New("register", linear.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	result := c.Check(context.Background(), h)
	fmt.Println(result.Reason)
	for _, claim := range result.Evidence[0].Why {
		fmt.Println(claim.Text)
	}
	// Output:
	// key x is not linearizable
	// #2 wrote 7 and began after #0 ended, so 7 came after 4
	// #4 began after #2 ended, so it must see 7 or later; 4 was overwritten by #2
}
