package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/task-tracker/task-tracker/app/internal/apperr"
	"github.com/task-tracker/task-tracker/app/internal/blob"
	"github.com/task-tracker/task-tracker/app/internal/config"
	"github.com/task-tracker/task-tracker/app/internal/store"
)

// patience is how long a step of the schema may take: on a million tasks, an index takes its time.
const patience = 30 * time.Minute

// openDatabase opens the database for a command. Its schema is brought up to date where that is this program's business,
// else it must be. The caller closes it.
func openDatabase(ctx context.Context, cfg *config.Config) (*store.DB, error) {
	options := storeOptions(cfg)
	options.ReplicaURL = ""
	options.Log = slog.New(slog.DiscardHandler)
	db, err := store.Open(options)
	if err != nil {
		return nil, err
	}
	if cfg.Database.Migrate {
		err = db.Migrate(ctx, nil)
	}
	if err == nil {
		err = db.Ready(ctx)
	}
	if err != nil {
		return nil, errors.Join(explain(fmt.Errorf("database %s: %w", cfg.ShowDatabase(), err)), db.Close())
	}
	return db, nil
}

// openExisting is openDatabase for a command that has no business in an empty database, and so makes none.
func openExisting(ctx context.Context, cfg *config.Config) (*store.DB, error) {
	if err := mustExist(cfg); err != nil {
		return nil, err
	}
	return openDatabase(ctx, cfg)
}

// mustExist refuses a SQLite file that is not there: the command was likely run in another folder than the server.
func mustExist(cfg *config.Config) error {
	path, embedded := strings.CutPrefix(cfg.Database.URL, "sqlite:")
	if !embedded {
		return nil
	}
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		return nil // what else is wrong with it, opening it will tell
	}
	where := path
	if whole, err := filepath.Abs(path); err == nil && whole != path {
		where = fmt.Sprintf("%s (%s)", path, whole)
	}
	return fmt.Errorf("there is no database at %s; run `tasktracker serve` or `tasktracker migrate up` there, or set TASKTRACKER_DATABASE_URL", where)
}

// patient gives a MySQL address the read time-out of migrations, unless it has one of its own.
func patient(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "mysql" || u.Query().Has("read_timeout") {
		return address
	}
	q := u.Query()
	q.Set("read_timeout", patience.String())
	u.RawQuery = q.Encode()
	return u.String()
}

// openBlobs opens the store of the attachments' bytes, to move them and not to sign anything.
func openBlobs(ctx context.Context, cfg *config.Config) (blob.Store, error) {
	blobs, err := blob.Open(ctx, cfg.BlobURL, blob.Options{})
	if err != nil {
		return nil, fmt.Errorf("TASKTRACKER_BLOB_URL: %w", err)
	}
	return blobs, nil
}

// explained is an error in the words of the command line.
type explained struct {
	text string
	err  error
}

// Error implements error.
func (e explained) Error() string { return e.text }

// Unwrap gives the error in full.
func (e explained) Unwrap() error { return e.err }

// explain leaves out of an error the code that stands for it over HTTP, and names its cause: at the command line sits
// the operator, who may see it.
func explain(err error) error {
	var e *apperr.Error
	if err == nil || !errors.As(err, &e) {
		return err
	}
	text := e.Message
	if len(e.Fields) > 0 && !strings.HasPrefix(text, "line ") {
		var parts []string
		for _, f := range e.Fields {
			parts = append(parts, strings.TrimPrefix(f.Pointer, "/")+": "+f.Message)
		}
		text = strings.Join(parts, "; ")
	}
	if e.Cause != nil && e.Code != apperr.AlreadyExists && e.Code != apperr.ValidationFailed {
		text = strings.TrimSuffix(text, ".") + " (" + e.Cause.Error() + ")"
	}
	if whole := err.Error(); strings.HasSuffix(whole, e.Error()) { // what was put before it
		text = strings.TrimSuffix(whole, e.Error()) + text
	}
	return explained{text, err}
}
