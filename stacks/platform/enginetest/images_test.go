package enginetest

import (
	"testing"

	"github.com/task-tracker/task-tracker/stacks/internal/offline"
)

// TestImagesStay deploys another image, and the first one again: the first is still in the repository, so that tasks of an
// older task definition can be started.
func TestImagesStay(t *testing.T) {
	t.Parallel()
	b := open(t, offline.Options{Stack: "dev"})
	b.must(b.Up)
	images := func() (n int) {
		for _, o := range b.Cloud().Objects() {
			if o.Token == image {
				n++
			}
		}
		return n
	}
	if n := images(); n != 1 {
		t.Fatalf("%d images after the first update", n)
	}
	b.apply(map[string]any{"image.buildArgs.BUILD_BASE": "mirror.example.com/golang:1.26"})
	if n := images(); n != 2 {
		t.Errorf("%d images after the second update, want both", n)
	}
	b.apply(nil)
	if n := images(); n != 2 {
		t.Errorf("%d images after going back, want both", n)
	}
	b.must(b.Destroy)
	if left := b.Cloud().Objects(); len(left) > 0 {
		t.Errorf("destroy left %d objects, the first is %s %s", len(left), left[0].Token, left[0].ID)
	}
}
