// The Pulumi program of the platform.
package main

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/task-tracker/task-tracker/stacks/platform"
)

func main() { pulumi.Run(platform.Deploy) }
