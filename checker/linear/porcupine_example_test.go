package linear_test

import (
	"context"
	"fmt"

	"github.com/anishathalye/porcupine"

	"github.com/splitvote/splitvote/checker/linear"
)

// A model that was written for Porcupine is judged as it is.
func ExampleCheckPorcupine() {
	counter := porcupine.Model{
		Init: func() any { return 0 },
		Step: func(state, input, output any) (bool, any) {
			if n, adds := input.(int); adds {
				return true, state.(int) + n
			}
			return output == state, state
		},
	}
	operations := []porcupine.Operation{
		{ClientId: 0, Input: 1, Call: 0, Return: 10},
		{ClientId: 1, Input: 2, Call: 5, Return: 30},
		{ClientId: 0, Input: "read", Output: 3, Call: 15, Return: 20},
		{ClientId: 0, Input: "read", Output: 1, Call: 25, Return: 40},
	}
	result := linear.CheckPorcupine(context.Background(), counter, operations, linear.Options{})
	fmt.Println(result.Verdict, "by", result.Method)
	fmt.Println(result.Evidence[0].Why[0].Text)
	// Output:
	// invalid by search
	// #3 (read → 1) is impossible: no order of these 4 calls allows it
}
