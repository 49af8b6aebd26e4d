package blob_test

import (
	"context"
	"errors"
	"net/http"
	"sync/atomic"
	"testing"

	"github.com/task-tracker/task-tracker/app/internal/blob"
)

// TestAdmit takes a link's blob away while the link is good: every kind of request is put to the decision, and none
// without a valid signature is.
func TestAdmit(t *testing.T) {
	t.Parallel()
	d := openDisk(t, t.TempDir())
	key, content := newKey(), []byte("exactly these bytes")
	upload(t, d.Disk, key, content)
	var asked atomic.Int32
	away := errors.New("the database is away")
	decide := func(answer error) {
		d.mu.Lock()
		defer d.mu.Unlock()
		d.admit = func(_ context.Context, asking string, upload bool) error {
			asked.Add(1)
			if asking != key || upload {
				t.Errorf("asked for %s, upload %v", asking, upload)
			}
			return answer
		}
	}
	target := link(t, d.Disk, key, "a.txt")
	head := func() int {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodHead, target, nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		return resp.StatusCode
	}
	for _, c := range []struct {
		answer              error
		whole, part, header int
	}{{nil, 200, 206, 200}, {blob.ErrNotFound, 404, 404, 404}, {away, 500, 500, 500}, {nil, 200, 206, 200}} {
		decide(c.answer)
		whole, part, header := fetch(t, target, "", ""), fetch(t, target, "Range", "bytes=2-4"), head()
		if whole.status != c.whole || part.status != c.part || header != c.header {
			t.Errorf("%v: GET %d, a part %d, HEAD %d; want %d, %d, %d", c.answer, whole.status, part.status, header, c.whole, c.part, c.header)
		}
		if c.answer != nil && !errors.Is(d.lastError(), c.answer) {
			t.Errorf("%v is reported as %v", c.answer, d.lastError())
		}
	}
	if asked.Load() != 12 {
		t.Errorf("asked %d times, want 12", asked.Load())
	}
	if got := fetch(t, target+"x", "", ""); got.status != http.StatusForbidden || asked.Load() != 12 {
		t.Errorf("a bad signature: %d, asked %d times", got.status, asked.Load())
	}

	d.mu.Lock()
	d.admit = func(_ context.Context, _ string, upload bool) error {
		if !upload {
			t.Error("an upload is taken for a download")
		}
		return blob.ErrNotFound
	}
	d.mu.Unlock()
	late := newKey()
	if got := send(t, sign(t, d.Disk, request(late, content)), content); got != http.StatusNotFound {
		t.Errorf("upload: %d, want 404", got)
	}
	wantMissing(t, d.Disk, late)
}
