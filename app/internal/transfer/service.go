package transfer

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"

	"github.com/google/uuid"

	"github.com/task-tracker/task-tracker/app/internal/apperr"
	"github.com/task-tracker/task-tracker/app/internal/auth"
)

// Store is where workspaces are read from and written to.
type Store interface {
	// Member is what the account is in the workspace; nothing also where there is no such workspace.
	Member(ctx context.Context, workspace, account uuid.UUID) (auth.Membership, error)
	// Export hands yield every record of the workspace but the attachments' bytes, in the order of the format, all as of
	// one moment; from a replica where eventual allows it. Errors: not_found where there is no such workspace; unavailable
	// where as many exports as may are running. An error of yield
	// ends it and is returned.
	Export(ctx context.Context, workspace uuid.UUID, eventual bool, yield func(Record) error) error
	// AttachmentReady reports whether the attachment is there now and has its bytes.
	AttachmentReady(ctx context.Context, attachment uuid.UUID) (bool, error)
	// Earlier gives the summary of the import that was made with the idempotency key in ctx, if there was one and the
	// request is the same; read reads the request to its end, so that this can be told. Error: idempotency_key_reused.
	Earlier(ctx context.Context, p auth.Principal, read func() error) (*Summary, error)
	// Load runs fn in one transaction, which ends with a commit unless fn fails or dryRun is set.
	Load(ctx context.Context, dryRun bool, fn func(ctx context.Context, s Sink) error) error
}

// Sink takes the records of one transaction. What it finds wrong with a record it returns as a [*LineError], at once or
// with a later call, since rows are written many at a time.
type Sink interface {
	// Accounts makes those accounts whose e-mail address is unknown here, without a password, and service accounts and deleted
	// ones, which have none: a deleted one that is here already is the same. It returns everyone's id here and how many were made.
	Accounts(ctx context.Context, accounts []Account) (ids map[uuid.UUID]uuid.UUID, made int, err error)
	// Add writes a record, perhaps later. A task's ParentID is left to Link unless ParentBefore. already_exists where the workspace is there.
	Add(ctx context.Context, r Record, line int64) error
	// Link makes From a subtask of To for each edge; both must be tasks of one project in this transaction's workspace.
	Link(ctx context.Context, edges []Edge) error
	// Flush writes all that waits.
	Flush(ctx context.Context) error
	// Keep writes the summary under the idempotency key in ctx, if it has one. Error: request_in_flight.
	Keep(ctx context.Context, p auth.Principal, sum Summary) error
}

// Edge leads from a subtask to its parent, or from a task to one that it blocks. Line is where it stands in the file.
type Edge struct {
	From, To uuid.UUID
	Line     int64
}

// LineError is a fault of one record.
type LineError struct {
	Line int64
	Kind string
	Err  error
}

// Error implements error.
func (e *LineError) Error() string { return fmt.Sprintf("line %d: %s: %v", e.Line, e.Kind, e.Err) }

// Unwrap gives the fault without the line.
func (e *LineError) Unwrap() error { return e.Err }

// Blobs is where the bytes of attachments are.
type Blobs interface {
	Get(ctx context.Context, key string) (io.ReadCloser, error)
	Put(ctx context.Context, key, contentType string, size int64, r io.Reader) error
	Delete(ctx context.Context, key string) error
}

// Service exports and imports workspaces.
type Service struct {
	store Store
	blobs Blobs
}

// NewService returns a Service.
func NewService(store Store, blobs Blobs) *Service { return &Service{store: store, blobs: blobs} }

// MayExport says whether the principal may export the workspace: as its admin or owner, with the scope admin.
func (s *Service) MayExport(ctx context.Context, p auth.Principal, workspace uuid.UUID) error {
	in, err := s.store.Member(ctx, workspace, p.AccountID)
	if err != nil {
		return err
	}
	return p.May(in, auth.WorkspaceExport)
}

// Export writes the workspace to w, line by line, after [Service.MayExport]. An error after the first byte leaves w
// without a trailer, by which a reader knows. It returns how many lines of each type there are.
func (s *Service) Export(ctx context.Context, p auth.Principal, workspace uuid.UUID, eventual bool, w io.Writer) (map[string]int64, error) {
	if err := s.MayExport(ctx, p, workspace); err != nil {
		return nil, err
	}
	return s.dump(ctx, workspace, eventual, w)
}

// Dump is Export for the operator of the instance, who may read every workspace.
func (s *Service) Dump(ctx context.Context, workspace uuid.UUID, w io.Writer) (map[string]int64, error) {
	return s.dump(ctx, workspace, false, w)
}

func (s *Service) dump(ctx context.Context, workspace uuid.UUID, eventual bool, w io.Writer) (map[string]int64, error) {
	var out *Writer // begun with the first record, so that a missing workspace leaves w untouched
	err := s.store.Export(ctx, workspace, eventual, func(r Record) (err error) {
		if out == nil {
			if out, err = NewWriter(w); err != nil {
				return err
			}
		}
		if a, ok := r.(*Attachment); ok {
			return s.dumpAttachment(ctx, out, a)
		}
		return out.Write(r)
	})
	if err != nil {
		return nil, err
	}
	counts := out.Counts()
	return counts, out.Close()
}

// dumpAttachment writes an attachment and its bytes. One that was deleted since the export began, and whose bytes are
// gone, is left out.
func (s *Service) dumpAttachment(ctx context.Context, out *Writer, a *Attachment) (err error) {
	body, err := s.blobs.Get(ctx, a.BlobKey)
	if err != nil {
		if ready, readyErr := s.store.AttachmentReady(ctx, a.ID); readyErr == nil && !ready {
			return nil
		}
		return fmt.Errorf("attachment %s: its bytes cannot be read: %w", a.ID, err)
	}
	defer func() { err = errors.Join(err, body.Close()) }()
	if err := out.Write(a); err != nil {
		return err
	}
	sum, left := sha256.New(), a.Size
	chunk := make([]byte, ChunkSize)
	for left > 0 {
		n, err := io.ReadFull(body, chunk[:min(left, ChunkSize)])
		if err != nil {
			return fmt.Errorf("attachment %s: its bytes cannot be read: %w", a.ID, err)
		}
		left -= int64(n)
		sum.Write(chunk[:n])
		if err := out.Write(&Data{AttachmentID: a.ID, Data: chunk[:n]}); err != nil {
			return err
		}
	}
	if hex.EncodeToString(sum.Sum(nil)) != a.SHA256 {
		return fmt.Errorf("attachment %s: its bytes do not match their SHA-256", a.ID)
	}
	return nil
}

// Summary is what an import did, or with DryRun would have done.
type Summary struct {
	WorkspaceID     uuid.UUID        `json:"workspace_id"`
	Name            string           `json:"name"`
	DryRun          bool             `json:"dry_run"`
	AccountsCreated int              `json:"accounts_created"`
	AccountsMatched int              `json:"accounts_matched"`
	Counts          map[string]int64 `json:"counts"`
}

// MayImport tells whether the principal may import a workspace: as the instance's owner, with the scope admin.
func (s *Service) MayImport(p auth.Principal) error {
	if err := p.MayAccount(auth.WorkspaceImport); err != nil {
		return err
	}
	if !p.InstanceOwner {
		return apperr.New(apperr.Forbidden, "Only the owner of this instance may import a workspace.")
	}
	return nil
}

// Import reads a workspace from r and makes it, all or nothing. Who may, says [Service.MayImport]. With
// dryRun everything is read, checked and written as it would be, and then rolled back; no attachment is stored.
//
// With an idempotency key in ctx the same request made again gets the summary of the first.
//
// Errors: already_exists when the workspace, or an id of the file, is here already; request_in_flight with a key, while
// another import of the workspace is under way; validation_failed with the line of
// the fault; idempotency_key_reused; outcome_unknown when the reply to the commit was lost.
func (s *Service) Import(ctx context.Context, p auth.Principal, r io.Reader, dryRun bool) (Summary, error) {
	if err := s.MayImport(p); err != nil {
		return Summary{}, err
	}
	rest := func() error { _, err := io.Copy(io.Discard, r); return err }
	if !dryRun {
		earlier, err := s.store.Earlier(ctx, p, rest)
		if err != nil || earlier != nil {
			return deref(earlier), err
		}
	}
	var im *importer
	err := s.store.Load(ctx, dryRun, func(ctx context.Context, sink Sink) error {
		im = newImporter(NewReader(r), sink, s.blobs, dryRun)
		if err := im.run(ctx); err != nil || dryRun {
			return err
		}
		if err := rest(); err != nil { // nothing is left, but the end is to be seen
			return err
		}
		return sink.Keep(ctx, p, im.summary())
	})
	if err != nil {
		if im != nil && !apperr.Is(err, apperr.OutcomeUnknown) {
			err = errors.Join(err, im.removeBlobs(context.WithoutCancel(ctx)))
		}
		if !dryRun && apperr.Is(err, apperr.AlreadyExists) { // perhaps by the same request, which was under way when this one began
			if earlier, earlierErr := s.store.Earlier(ctx, p, rest); earlierErr != nil || earlier != nil {
				return deref(earlier), earlierErr
			}
		}
		return Summary{}, toLine(err)
	}
	return im.summary(), nil
}

func deref(s *Summary) Summary {
	if s == nil {
		return Summary{}
	}
	return *s
}

// toLine gives the fault of a record its line in the message.
func toLine(err error) error {
	var l *LineError
	if errors.As(err, &l) {
		return lineFault(l.Line, l.Kind, l.Err)
	}
	return err
}
