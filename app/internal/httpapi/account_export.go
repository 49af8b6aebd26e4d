package httpapi

import (
	"errors"
	"log/slog"
	"net/http"
	"time"
)

// ExportMe implements GET /v1/me/export.
func (s *Server) ExportMe(w http.ResponseWriter, r *http.Request) {
	p := principal(r)
	control := http.NewResponseController(w)
	// The server watches for the client's leaving by a read, and takes it for gone when that read's time is over.
	if err := control.SetReadDeadline(time.Time{}); err != nil && !errors.Is(err, http.ErrNotSupported) {
		s.fail(w, r, err)
		return
	}
	out := &exportWriter{w: w, control: control, name: "account-" + p.AccountID.String() + ".ndjson"}
	err := s.svc.Accounts.Export(r.Context(), p, out)
	switch {
	case err == nil:
	case out.begun:
		// The status is out. To cut the connection is the one way left to say that this is not the whole.
		level := slog.LevelError
		if out.lost || r.Context().Err() != nil { // the client went away or does not read, which is its own affair
			level = slog.LevelInfo
		}
		s.log.LogAttrs(r.Context(), level, "export broke off", slog.String("request_id", requestID(r)), slog.String("error", err.Error()))
		panic(http.ErrAbortHandler)
	default:
		s.fail(w, r, err)
	}
}
