package txn

import (
	"fmt"

	"github.com/splitvote/splitvote/history"
)

// CheckInitial says what is wrong with initial values for a model of [Models]: none of them takes any.
func CheckInitial(modelName string, initial history.Initial) error {
	if initial.Given() {
		return fmt.Errorf("the initial value: %s has none", modelName)
	}
	return nil
}
