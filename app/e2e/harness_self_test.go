package e2e

import (
	"net/http"
	"testing"

	"github.com/task-tracker/task-tracker/app/internal/store"
)

// TestHarness starts and stops a server, and starts another one on its data.
func TestHarness(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, engine store.Engine) {
		s := start(t, options{engine: engine})
		ada := s.signUp("Ada")
		ada.get("/v1/me").want(http.StatusOK)
		s.stop()
		start(t, s.opts).as(ada.token).get("/v1/me").want(http.StatusOK)
	})
}
