package httpapi

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/task-tracker/task-tracker/app/internal/apperr"
)

// probe keeps the last result of the checks for a moment: /ready asks for no token, and must not be a way to load the
// database.
type probe struct {
	mu  sync.Mutex
	at  time.Time
	err error
}

const (
	probeKeeps   = time.Second            // a good result
	probeRepeats = 100 * time.Millisecond // a bad one
	probeTimeout = 2 * time.Second
)

var alive = []byte(`{"status":"ok"}` + "\n")

// GetHealth says that the process lives. It asks nobody.
func (s *Server) GetHealth(w http.ResponseWriter, r *http.Request) {
	w.Header()["Cache-Control"] = noStore
	s.send(w, r, http.StatusOK, "application/json", alive)
}

// GetReadiness says whether requests should be sent here: not while starting or stopping, and not without the database.
func (s *Server) GetReadiness(w http.ResponseWriter, r *http.Request) {
	if err := s.ready(r.Context()); err != nil {
		s.fail(w, r, err)
		return
	}
	w.Header()["Cache-Control"] = noStore
	s.send(w, r, http.StatusOK, "application/json", alive)
}

func (s *Server) ready(ctx context.Context) error {
	if s.draining.Load() {
		return apperr.New(apperr.Unavailable, "The service is stopping.")
	}
	if err := s.runChecks(ctx); err != nil {
		return err
	}
	if !s.open.Load() {
		return apperr.New(apperr.Unavailable, "The service is starting.")
	}
	return nil
}

func (s *Server) runChecks(ctx context.Context) error {
	s.probe.mu.Lock()
	defer s.probe.mu.Unlock()
	keeps := probeKeeps
	if s.probe.err != nil {
		keeps = probeRepeats
	}
	if s.probe.at.IsZero() || s.opts.Now().Sub(s.probe.at) >= keeps {
		// The result is for whoever asks next, too: it must not depend on whether this caller stays.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), probeTimeout)
		defer cancel()
		s.probe.err = s.check(ctx)
		s.probe.at = s.opts.Now()
	}
	return s.probe.err
}

// check runs all checks, each in its own goroutine, and names those that fail.
func (s *Server) check(ctx context.Context) error {
	faults := make([]error, len(s.opts.Checks))
	var wg sync.WaitGroup
	for i, c := range s.opts.Checks {
		wg.Go(func() { faults[i] = c.Fn(ctx) })
	}
	wg.Wait()
	var texts []string
	for i, err := range faults {
		if err == nil {
			continue
		}
		text := "does not work"
		var e *apperr.Error
		if errors.As(err, &e) {
			text = e.Message
		}
		texts = append(texts, s.opts.Checks[i].Name+": "+text)
	}
	if len(texts) == 0 {
		return nil
	}
	return apperr.Wrap(errors.Join(faults...), apperr.Unavailable, "%s", strings.Join(texts, " "))
}
