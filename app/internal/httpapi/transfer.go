package httpapi

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"os"
	"syscall"
	"time"

	"github.com/task-tracker/task-tracker/app/api"
	"github.com/task-tracker/task-tracker/app/internal/apperr"
	"github.com/task-tracker/task-tracker/app/internal/blob"
	"github.com/task-tracker/task-tracker/app/internal/transfer"
)

// stall is how long the other side of an export or import may neither take nor send a byte. Beyond that there is no
// limit to how long one may take.
const stall = 60 * time.Second

// ExportWorkspace implements [api.ServerInterface].
func (s *Server) ExportWorkspace(w http.ResponseWriter, r *http.Request, workspace api.PathWorkspace, _ api.ExportWorkspaceParams) {
	p := principal(r)
	if err := s.svc.Transfers.MayExport(r.Context(), p, workspace); err != nil {
		s.fail(w, r, err)
		return
	}
	control := http.NewResponseController(w)
	// The server watches for the client's leaving by a read, and takes it for gone when that read's time is over.
	if err := control.SetReadDeadline(time.Time{}); err != nil && !errors.Is(err, http.ErrNotSupported) {
		s.fail(w, r, err)
		return
	}
	out := &exportWriter{w: w, control: control, name: "workspace-" + workspace.String() + ".ndjson"}
	_, err := s.svc.Transfers.Export(r.Context(), p, workspace, eventual(r), out)
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

// exportWriter sends the header with the first bytes, and gives each write time of its own.
type exportWriter struct {
	w       http.ResponseWriter
	control *http.ResponseController
	name    string
	begun   bool
	lost    bool // a write failed
}

// Write implements io.Writer.
func (e *exportWriter) Write(b []byte) (int, error) {
	if !e.begun {
		e.begun = true
		h := e.w.Header()
		h["Content-Type"] = []string{"application/x-ndjson"}
		h["Content-Disposition"] = []string{`attachment; filename="` + e.name + `"`}
	}
	if err := e.control.SetWriteDeadline(time.Now().Add(stall)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return 0, err
	}
	n, err := e.w.Write(b)
	e.lost = e.lost || err != nil
	return n, err
}

// ImportWorkspace implements [api.ServerInterface].
func (s *Server) ImportWorkspace(w http.ResponseWriter, r *http.Request, params api.ImportWorkspaceParams) {
	dryRun := params.DryRun != nil && *params.DryRun
	control := http.NewResponseController(w)
	sum, err := s.importBody(r, &importReader{r: r.Body, control: control}, dryRun)
	if deadlineErr := control.SetWriteDeadline(time.Now().Add(stall)); deadlineErr != nil && !errors.Is(deadlineErr, http.ErrNotSupported) {
		err = errors.Join(err, deadlineErr)
	}
	if err != nil {
		s.fail(w, r, importError(err))
		return
	}
	report := api.ImportReport{WorkspaceID: sum.WorkspaceID, Name: sum.Name, DryRun: sum.DryRun, Counts: sum.Counts}
	if dryRun {
		s.object(w, r, http.StatusOK, 0, report)
		return
	}
	s.created(w, r, "/v1/workspaces/"+sum.WorkspaceID.String(), 0, report)
}

// importBody imports a body once all of it is here, in a file that is gone afterwards: SQLite has one writer, which must
// not wait for a client's network.
func (s *Server) importBody(r *http.Request, body io.Reader, dryRun bool) (transfer.Summary, error) {
	p := principal(r)
	if err := s.svc.Transfers.MayImport(p); err != nil {
		return transfer.Summary{}, err
	}
	file, err := os.CreateTemp("", "tasktracker-import-*.ndjson")
	if err != nil {
		return transfer.Summary{}, spoolError(err)
	}
	early := os.Remove(file.Name()) == nil // where the system allows it for an open file, so that not even a crash leaves it
	defer func() {
		_ = file.Close() // what was written is of no use any longer
		if early {
			return
		}
		if err := os.Remove(file.Name()); err != nil {
			s.log.LogAttrs(r.Context(), slog.LevelWarn, "import's file stays behind", slog.String("request_id", requestID(r)), slog.String("error", err.Error()))
		}
	}()
	if err := spool(file, body); err != nil {
		return transfer.Summary{}, err
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return transfer.Summary{}, spoolError(err)
	}
	return s.svc.Transfers.Import(r.Context(), p, file, dryRun)
}

// spool copies the body to its end.
func spool(to io.Writer, body io.Reader) error {
	if _, err := io.Copy(to, body); err != nil {
		return spoolError(err)
	}
	return nil
}

// spoolError says so where the disk is full; the body's own failures pass.
func spoolError(err error) error {
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		return apperr.Wrap(err, apperr.StorageFull, "There is no room left to receive the file. Nothing was imported.")
	}
	return err
}

// importReader gives each read of the body time of its own, and says of its failures that they are the body's.
type importReader struct {
	r       io.Reader
	control *http.ResponseController
}

// Read implements io.Reader.
func (i *importReader) Read(b []byte) (int, error) {
	if err := i.control.SetReadDeadline(time.Now().Add(stall)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return 0, err
	}
	n, err := i.r.Read(b)
	switch {
	case errors.Is(err, io.EOF): // what the database does next takes its time, while the server watches the connection
		if deadlineErr := i.control.SetReadDeadline(time.Time{}); deadlineErr != nil && !errors.Is(deadlineErr, http.ErrNotSupported) {
			err = deadlineErr
		}
	case err != nil:
		err = bodyError(err)
	}
	return n, err
}

// importError says what is wrong where the attachments' bytes could not be stored.
func importError(err error) error {
	var e *apperr.Error
	switch {
	case errors.As(err, &e):
		return err
	case errors.Is(err, blob.ErrNoSpace):
		return apperr.Wrap(err, apperr.StorageFull, "The storage of the attachments is full. Nothing was imported.")
	case errors.Is(err, context.Canceled):
		return apperr.Wrap(err, apperr.ClientClosed, "The request was cancelled before it was done. Nothing was imported.")
	}
	return err
}
