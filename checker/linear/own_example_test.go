package linear_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"

	"github.com/splitvote/splitvote/checker/linear"
	"github.com/splitvote/splitvote/history"
	"github.com/splitvote/splitvote/model"
)

// A history in a file, of a type that nobody knows but you: a light that "toggle" switches,
// returning whether it is on.
func Example() {
	light := model.Deterministic[bool, string, bool]{
		Type: "light",
		Read: func(invocation, completion *history.Op) (f string, on bool, err error) {
			if completion != nil {
				err = json.Unmarshal(completion.Value, &on)
			}
			return invocation.F, on, err
		},
		Apply: func(on bool, _ string) (after, returned bool) { return !on, !on },
	}
	file, err := os.Open("testdata/light.jsonl")
	if err != nil {
		panic(err)
	}
	defer file.Close()
	h, err := history.Read(file)
	if err != nil {
		panic(err)
	}
	result := linear.Check(context.Background(), light, h, linear.Options{})
	fmt.Println(result.Verdict, result.Evidence[0].Why[0].Text)
	// Output: invalid #4 (toggle → false) could only have been toggle → true
}
