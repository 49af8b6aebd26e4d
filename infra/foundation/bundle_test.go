package foundation

import (
	"maps"
	"sync"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// outputs are values that became known while a program ran.
type outputs struct {
	mu     sync.Mutex
	values map[string]string
}

// add notes an output's value once it is known; the engine waits for it before the run ends.
func (o *outputs) add(name string, out pulumi.StringOutput) {
	out.ApplyT(func(v string) string {
		o.mu.Lock()
		defer o.mu.Unlock()
		o.values[name] = v
		return v
	})
}

func (o *outputs) all() map[string]string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return maps.Clone(o.values)
}
