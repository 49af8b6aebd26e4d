package attachment

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/task-tracker/task-tracker/app/internal/apperr"
	"github.com/task-tracker/task-tracker/app/internal/auth"
	"github.com/task-tracker/task-tracker/app/internal/idem"
)

// Blobs is what the service needs of the store of bytes.
type Blobs interface {
	// SignUpload admits exactly a's bytes until expires, or a little less where the result says so.
	SignUpload(ctx context.Context, a Attachment, expires time.Time) (Upload, error)
	// SignDownload returns a link that gives a's bytes, as a file to save, until expires, or a little less.
	SignDownload(ctx context.Context, a Attachment, expires time.Time) (Link, error)
	// Stat tells what is stored under a key; false where nothing is.
	Stat(ctx context.Context, key string) (Stored, bool, error)
	// Delete removes the bytes; that there are none is no error.
	Delete(ctx context.Context, key string) error
}

// Reader finds attachments. Missing objects, deleted ones among them, are not_found.
type Reader interface {
	// Place tells where a task's attachments hang and the viewer's role there.
	Place(ctx context.Context, taskID, viewer uuid.UUID) (Place, error)
	// List returns a page of a task's attachments, oldest first; next is nil on the last one.
	List(ctx context.Context, taskID uuid.UUID, page Page) (items []Attachment, next *uuid.UUID, err error)
	// Get returns an attachment with its place.
	Get(ctx context.Context, id, viewer uuid.UUID) (Attachment, Place, error)
	// State tells in which state the attachment is whose bytes have that key.
	State(ctx context.Context, key string) (State, error)
}

// Writer changes attachments, each with its activity in one transaction. The closures decide on the rows as the
// transaction holds them; their errors come back as they are.
type Writer interface {
	// Reserve inserts what decide returns, in state reserved. count is how many attachments the task has; no other
	// transaction adds one meanwhile. The store fills in ids, author, key and time.
	Reserve(ctx context.Context, p auth.Principal, taskID uuid.UUID, decide func(at Place, count int) (Attachment, error)) (Attachment, error)
	// Confirm makes a reserved attachment ready. One that is ready already is returned as it is.
	Confirm(ctx context.Context, p auth.Principal, id uuid.UUID, decide func(Attachment, Place) error) (Attachment, error)
	// Delete puts an attachment into state deleted.
	Delete(ctx context.Context, p auth.Principal, id uuid.UUID, decide func(Attachment, Place) error) error
}

// Cleaner is the store's side of [Service.Sweep].
type Cleaner interface {
	// Expire puts up to limit reservations made before the given time into state deleted, as of when they were made,
	// and returns how many.
	Expire(ctx context.Context, before time.Time, limit int) (int, error)
	// Leftovers returns up to limit attachments that were deleted before the given time, oldest first, behind after.
	Leftovers(ctx context.Context, before time.Time, after *Leftover, limit int) ([]Leftover, error)
	// Forget removes a deleted attachment's row; it may be gone already.
	Forget(ctx context.Context, id uuid.UUID) error
}

// Store is what the service needs of the database.
type Store interface {
	Reader
	Writer
	Cleaner
}

// Service holds the rules on attachments.
type Service struct {
	store  Store
	blobs  Blobs
	limits Limits
	now    func() time.Time
}

// NewService returns a service on those stores; now is the clock, time.Now where nil.
func NewService(store Store, blobs Blobs, limits Limits, now func() time.Time) *Service {
	if now == nil {
		now = time.Now
	}
	return &Service{store: store, blobs: blobs, limits: limits, now: now}
}

// List returns a page of a task's attachments, oldest first, reserved ones among them, and where the next page goes on.
// It takes attachment.read; a task that the caller may not see is not_found; a bad limit
// invalid_parameter.
func (s *Service) List(ctx context.Context, p auth.Principal, taskID uuid.UUID, page Page) ([]Attachment, *uuid.UUID, error) {
	at, err := s.store.Place(ctx, taskID, p.AccountID)
	if err != nil {
		return nil, nil, err
	}
	if err := p.May(at.Membership(), auth.AttachmentRead); err != nil {
		return nil, nil, err
	}
	if err := page.validate(); err != nil {
		return nil, nil, err
	}
	return s.store.List(ctx, taskID, page)
}

// Reserve keeps a place for a file and says how to upload it. It takes attachment.create. Errors: validation_failed;
// not_found; project_archived; conflict where the task has [MaxPerTask], or where a repeated request comes after the
// time for its upload or after its confirmation; gone for a repetition whose attachment was deleted.
func (s *Service) Reserve(ctx context.Context, p auth.Principal, taskID uuid.UUID, d Draft) (Reservation, error) {
	a, err := s.store.Reserve(ctx, p, taskID, func(at Place, count int) (Attachment, error) {
		if err := p.May(at.Membership(), auth.AttachmentCreate); err != nil {
			return Attachment{}, err
		}
		sum, err := s.limits.Validate(d)
		if err != nil {
			return Attachment{}, err
		}
		if err := at.open(); err != nil {
			return Attachment{}, err
		}
		if count >= MaxPerTask {
			return Attachment{}, apperr.New(apperr.Conflict, "The task has %d attachments, which is as many as it may have.", count)
		}
		return Attachment{Filename: d.Filename, ContentType: d.ContentType, Size: d.Size, SHA256: sum}, nil
	})
	if made, again := idem.Earlier(err); again {
		a, err = s.reserved(ctx, p, taskID, made[0])
	}
	if err != nil {
		return Reservation{}, err
	}
	// Counted from the reservation, not from now: see the package comment.
	expires := a.CreatedAt.Add(UploadValid)
	if !s.now().Before(expires.Truncate(time.Second)) {
		return Reservation{}, apperr.New(apperr.Conflict, "The time to upload for this reservation is over. Reserve again, with a new Idempotency-Key.")
	}
	up, err := s.blobs.SignUpload(ctx, a, expires)
	if err != nil {
		return Reservation{}, err
	}
	return Reservation{Attachment: a, Upload: up}, nil
}

// reserved is what an earlier request with the same idempotency key reserved, for a caller who could reserve it now.
func (s *Service) reserved(ctx context.Context, p auth.Principal, taskID, id uuid.UUID) (Attachment, error) {
	at, err := s.store.Place(ctx, taskID, p.AccountID)
	if err != nil {
		return Attachment{}, err
	}
	if err := p.May(at.Membership(), auth.AttachmentCreate); err != nil {
		return Attachment{}, err
	}
	a, _, err := s.store.Get(ctx, id, p.AccountID)
	switch {
	case apperr.Is(err, apperr.NotFound):
		return Attachment{}, apperr.Deleted("attachment")
	case err != nil:
		return Attachment{}, err
	case a.State == StateReady:
		return Attachment{}, apperr.New(apperr.Conflict, "The file that this request reserved has been uploaded and confirmed: read the attachment %s.", a.ID)
	}
	return a, at.open()
}

// Get returns an attachment. It takes attachment.read.
func (s *Service) Get(ctx context.Context, p auth.Principal, id uuid.UUID) (Attachment, error) {
	a, at, err := s.store.Get(ctx, id, p.AccountID)
	if err != nil {
		return Attachment{}, err
	}
	if err := p.May(at.Membership(), auth.AttachmentRead); err != nil {
		return Attachment{}, err
	}
	return a, nil
}

// Confirm compares what was uploaded with what was reserved and makes the attachment ready; for one that is ready it
// does nothing. It takes attachment.create, and is for who reserved it. Errors: conflict where nothing has been uploaded,
// which says whether it still can be; validation_failed where size or checksum differ; not_found; forbidden;
// project_archived.
func (s *Service) Confirm(ctx context.Context, p auth.Principal, id uuid.UUID) (Attachment, error) {
	a, at, err := s.store.Get(ctx, id, p.AccountID)
	if err != nil {
		return Attachment{}, err
	}
	decide := func(a Attachment, at Place) error {
		if err := p.May(at.Membership(), auth.AttachmentCreate); err != nil {
			return err
		}
		if a.Author.ID != p.AccountID {
			return apperr.New(apperr.Forbidden, "Only who reserved an attachment may confirm it.")
		}
		if a.State == StateReady {
			return nil
		}
		return at.open()
	}
	if err := decide(a, at); err != nil || a.State == StateReady {
		return a, err
	}
	// Outside the transaction: it may take as long as reading the file.
	got, found, err := s.blobs.Stat(ctx, a.Key)
	if err != nil {
		return Attachment{}, err
	}
	if !found {
		return Attachment{}, s.notArrived(a)
	}
	var f apperr.Fields
	if got.Size != a.Size {
		f.Add("/size", "mismatch", "%d bytes were uploaded, %d were reserved", got.Size, a.Size)
	}
	if got.SHA256 != a.SHA256 {
		f.Add("/sha256", "mismatch", "the uploaded file has the checksum %s, %s was reserved", got.SHA256, a.SHA256)
	}
	if err := f.Err(); err != nil {
		return Attachment{}, err
	}
	a, err = s.store.Confirm(ctx, p, id, decide)
	if _, again := idem.Earlier(err); again { // the same request, just now
		if a, at, err = s.store.Get(ctx, id, p.AccountID); err == nil {
			err = decide(a, at)
		}
	}
	return a, err
}

// notArrived says why there is nothing to confirm. What was wrong with an upload, the store of bytes told its sender.
func (s *Service) notArrived(a Attachment) error {
	last := a.CreatedAt.Add(UploadValid).UTC().Truncate(time.Second)
	if s.now().Before(last) {
		return apperr.New(apperr.Conflict, "Nothing has arrived yet; of an upload that was answered with an error, nothing is kept. "+
			"The upload may begin until %s: send the bytes as `upload` says, and confirm then.", last.Format(time.RFC3339))
	}
	return apperr.New(apperr.Conflict, "Nothing has arrived, and the time for it is over: the upload could begin until %s. "+
		"Reserve again, with a new Idempotency-Key.", last.Format(time.RFC3339))
}

// Admit decides whether a signed address of the bytes with that key still holds, for a store that serves them itself:
// downloads of what is ready, uploads of what is reserved. Errors: not_found for what was deleted, itself or with its
// task; conflict for an upload of what is confirmed; unavailable.
func (s *Service) Admit(ctx context.Context, key string, upload bool) error {
	switch state, err := s.store.State(ctx, key); {
	case err != nil:
		return err
	case upload && state == StateReserved, !upload && state == StateReady:
		return nil
	case upload && state == StateReady:
		return apperr.New(apperr.Conflict, "The attachment is confirmed: nothing can be uploaded for it any more.")
	}
	return apperr.Missing("attachment")
}

// Download returns a link to the bytes that works for [DownloadValid]. It takes attachment.read. Errors: conflict where
// the attachment is not ready; not_found.
func (s *Service) Download(ctx context.Context, p auth.Principal, id uuid.UUID) (Link, error) {
	a, err := s.Get(ctx, p, id)
	if err != nil {
		return Link{}, err
	}
	if a.State != StateReady {
		return Link{}, apperr.New(apperr.Conflict, "The attachment is not ready: its upload has not been confirmed.")
	}
	return s.blobs.SignDownload(ctx, a, s.now().Add(DownloadValid))
}

// Delete removes an attachment; its bytes go later. It takes attachment.delete for one's own and attachment.moderate
// for those of others. Errors: not_found; forbidden; project_archived.
func (s *Service) Delete(ctx context.Context, p auth.Principal, id uuid.UUID) error {
	return s.store.Delete(ctx, p, id, func(a Attachment, at Place) error {
		action := auth.AttachmentDelete
		if a.Author.ID != p.AccountID {
			action = auth.AttachmentModerate
		}
		if err := p.May(at.Membership(), action); err != nil {
			return err
		}
		return at.open()
	})
}

// open refuses changes in an archived project.
func (p Place) open() error {
	if p.Archived {
		return apperr.New(apperr.ProjectArchived, "The project is archived: its attachments cannot be changed.")
	}
	return nil
}
