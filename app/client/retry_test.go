package client

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestRetryUntilItWorks(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]http.HandlerFunc{
		"429":              problem(429, CodeRateLimited),
		"502 of a proxy":   answer(502, "bad gateway"),
		"503":              problem(503, CodeUnavailable),
		"504":              answer(504, ""),
		"connection cut":   cut(""),
		"answer cut short": cut(`{"id":`),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t, fault, fault, answer(200, task("a")))
			if got, err := b.Task(t.Context(), taskID); err != nil || got.Title != "a" {
				t.Fatalf("task = %+v, %v", got, err)
			}
			if len(b.seen) != 3 || len(b.pauses) != 2 {
				t.Errorf("%d requests and %d pauses, want 3 and 2", len(b.seen), len(b.pauses))
			}
		})
	}
}

func TestRetryKeepsTheKey(t *testing.T) {
	t.Parallel()
	b := setup(t, cut(""), problem(503, CodeOutcomeUnknown), answer(201, task("a"), "Idempotency-Replayed", "true"))
	var m Meta
	if _, err := b.CreateTask(t.Context(), projectID, TaskCreate{Title: "a"}, WithMeta(&m)); err != nil {
		t.Fatal(err)
	}
	if len(b.seen) != 3 {
		t.Fatalf("sent %d times, want 3", len(b.seen))
	}
	key := b.seen[0].header.Get("Idempotency-Key")
	for i, r := range b.seen {
		if key == "" || r.header.Get("Idempotency-Key") != key || r.body != `{"title":"a"}` {
			t.Errorf("request %d: key %q, body %s", i, r.header.Get("Idempotency-Key"), r.body)
		}
	}
	if !m.Replayed || m.Status != 201 {
		t.Errorf("meta = %+v", m)
	}

	if _, err := b.CreateTask(t.Context(), projectID, TaskCreate{Title: "a"}); err != nil {
		t.Fatal(err)
	}
	if b.seen[3].header.Get("Idempotency-Key") == key {
		t.Error("two calls have one key")
	}
	if _, err := b.CreateTask(t.Context(), projectID, TaskCreate{Title: "a"}, IdempotencyKey("mine")); err != nil {
		t.Fatal(err)
	}
	if got := b.seen[4].header.Get("Idempotency-Key"); got != "mine" {
		t.Errorf("key = %q, want the caller's", got)
	}
}

func TestNoRetryOfWhatMayNotBeSentTwice(t *testing.T) {
	t.Parallel()
	for name, call := range map[string]func(*Client) error{
		"PATCH": func(c *Client) error {
			_, err := c.UpdateTask(t.Context(), taskID, TaskPatch{Title: new("a")}, IfVersion(1))
			return err
		},
		"log in":       func(c *Client) error { _, err := c.LogIn(t.Context(), "a@b.c", "x"); return err },
		"sign up":      func(c *Client) error { _, err := c.SignUp(t.Context(), SignUp{}); return err },
		"create token": func(c *Client) error { _, err := c.CreateToken(t.Context(), TokenCreate{}); return err },
		"invite": func(c *Client) error {
			_, err := c.CreateInvitation(t.Context(), workspaceID, InvitationCreate{Role: RoleMember})
			return err
		},
		"import of a stream": func(c *Client) error {
			_, err := c.Import(t.Context(), io.MultiReader(strings.NewReader("{}\n")), false)
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t, problem(503, CodeUnavailable, "Retry-After", "2"))
			err := call(b.Client)
			var e *Error
			if !errors.As(err, &e) || e.Code != CodeUnavailable || e.RetryAfter != 2*time.Second {
				t.Errorf("err = %#v", err)
			}
			if len(b.seen) != 1 {
				t.Errorf("sent %d times, want once", len(b.seen))
			}
			if key := b.seen[0].header.Get("Idempotency-Key"); key != "" && name != "import of a stream" {
				t.Errorf("has the key %q", key)
			}
		})
	}
}

func TestRetryGivesUp(t *testing.T) {
	t.Parallel()
	b := setup(t, problem(503, CodeUnavailable))
	if _, err := b.Task(t.Context(), taskID); !HasCode(err, CodeUnavailable) {
		t.Errorf("err = %v", err)
	}
	if len(b.seen) != DefaultRetry.Attempts {
		t.Errorf("sent %d times, want %d", len(b.seen), DefaultRetry.Attempts)
	}
	for i, p := range b.pauses {
		whole := DefaultRetry.Base << i
		if p < whole/2 || p > whole {
			t.Errorf("pause %d is %v, want %v to %v", i, p, whole/2, whole)
		}
	}
}

func TestRetryAfterIsHonoured(t *testing.T) {
	t.Parallel()
	b := setup(t, problem(429, CodeRateLimited, "Retry-After", "7"), answer(200, task("a")))
	if _, err := b.Task(t.Context(), taskID); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]time.Duration{7 * time.Second}, b.pauses); diff != "" {
		t.Errorf("pauses (-want +got):\n%s", diff)
	}

	b = setup(t, problem(429, CodeRateLimited, "Retry-After", "3600"))
	var e *Error
	if _, err := b.Task(t.Context(), taskID); !errors.As(err, &e) || e.RetryAfter != time.Hour || len(b.seen) != 1 {
		t.Errorf("a pause beyond the limit: %v, %d requests", e, len(b.seen))
	}
}

func TestRetryStopsWithTheContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	b := setup(t, func(w http.ResponseWriter, r *http.Request) {
		cancel()
		problem(503, CodeUnavailable)(w, r)
	})
	if _, err := b.Task(ctx, taskID); err == nil {
		t.Error("no error")
	}
	if len(b.seen) != 1 {
		t.Errorf("sent %d times after the context ended", len(b.seen))
	}

	ctx, cancel = context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	b = setup(t, problem(503, CodeUnavailable, "Retry-After", "10"))
	if _, err := b.Task(ctx, taskID); !HasCode(err, CodeUnavailable) || len(b.pauses) != 0 {
		t.Errorf("a pause beyond the deadline: %v, %d pauses", err, len(b.pauses))
	}
}

func TestRetryOfARefusedConnection(t *testing.T) {
	t.Parallel()
	b := setup(t, answer(200, task("a")))
	b.server.Close()
	_, err := b.Task(t.Context(), taskID)
	var network *net.OpError
	if !errors.As(err, &network) {
		t.Errorf("err = %v, want the connection's", err)
	}
	if len(b.pauses) != DefaultRetry.Attempts-1 {
		t.Errorf("%d pauses, want %d", len(b.pauses), DefaultRetry.Attempts-1)
	}
}

func TestDeleteWhoseAnswerWasLost(t *testing.T) {
	t.Parallel()
	b := setup(t, cut(""), problem(404, CodeNotFound))
	if err := b.DeleteTask(t.Context(), taskID); err != nil {
		t.Errorf("deleted, answer lost, tried again: %v", err)
	}
	b = setup(t, problem(404, CodeNotFound))
	if err := b.DeleteTask(t.Context(), taskID); !HasCode(err, CodeNotFound) {
		t.Errorf("never there: %v", err)
	}
}

func TestRetryAfterForms(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 23, 6, 30, 0, 0, time.UTC)
	for value, want := range map[string]time.Duration{
		"": 0, "3": 3 * time.Second, "-1": 0, "soon": 0,
		"Mon, 23 Nov 2026 06:30:05 GMT": 5 * time.Second,
		"Mon, 23 Nov 2026 06:29:00 GMT": 0,
	} {
		if got := retryAfter(http.Header{"Retry-After": {value}}, now); got != want {
			t.Errorf("%q = %v, want %v", value, got, want)
		}
	}
}
