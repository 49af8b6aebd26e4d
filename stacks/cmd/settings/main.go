// Command settings prints stacks/README.md: every setting of a stack with type, default, unit and example.
package main

import (
	"fmt"
	"os"

	"github.com/task-tracker/task-tracker/stacks/platform"
)

func main() {
	if _, err := fmt.Print(platform.Documentation()); err != nil {
		os.Exit(1)
	}
}
