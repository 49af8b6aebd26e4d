package httpapi

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/task-tracker/task-tracker/app/api"
)

// sink is a connection that swallows everything.
type sink struct{ header http.Header }

func (s *sink) Header() http.Header         { return s.header }
func (s *sink) Write(b []byte) (int, error) { return len(b), nil }
func (s *sink) WriteHeader(int)             {}

func benchTask() api.Task {
	now := time.Now().UTC()
	return api.Task{
		ID: uuid.New(), Title: "Rotate the keys", Description: "All of **them**, before winter.", Key: "OPS-42", Number: 42,
		CreatedAt: now, UpdatedAt: now, Version: 3, Assignees: []api.AccountRef{{ID: uuid.New(), Name: "Ada"}},
		Labels: []api.LabelRef{{ID: uuid.New(), Name: "security", Color: "#ff0000"}},
	}
}

// BenchmarkGet is what the kernel adds to a GET of one object, next to a bare handler that only encodes it.
func BenchmarkGet(b *testing.B) {
	task := benchTask()
	s := open(b, Options{
		Log: slog.New(slog.NewJSONHandler(&sink{}, nil)), AccessLog: AccessLogAll,
		RateLimitPrincipal: 1e9, RateLimitAddress: 1e9,
	})
	registrar{s.mux, s}.Get("/v1/bench/{task}", func(w http.ResponseWriter, r *http.Request) {
		s.object(w, r, http.StatusOK, task.Version, task)
	})
	bare := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(task)
	})
	for name, h := range map[string]http.Handler{"kernel": s, "bare": bare} {
		b.Run(name, func(b *testing.B) {
			r, err := http.NewRequestWithContext(b.Context(), http.MethodGet, "/v1/bench/01900000-0000-7000-8000-000000000002", nil)
			if err != nil {
				b.Fatal(err)
			}
			r.RemoteAddr = "127.0.0.1:1234"
			r.Header.Set("Authorization", "Bearer good")
			w := &sink{header: http.Header{}}
			b.ReportAllocs()
			for b.Loop() {
				clear(w.header)
				h.ServeHTTP(w, r)
			}
		})
	}
}
