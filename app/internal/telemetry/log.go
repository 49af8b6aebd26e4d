package telemetry

import (
	"io"
	"log/slog"
)

// NewLogger writes one line for each record to w: JSON, or text where format is "text".
func NewLogger(w io.Writer, level slog.Level, format string) *slog.Logger {
	opts := &slog.HandlerOptions{Level: level}
	if format == "text" {
		return slog.New(slog.NewTextHandler(w, opts))
	}
	return slog.New(slog.NewJSONHandler(w, opts))
}
