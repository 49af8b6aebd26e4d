package attachment

import (
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/task-tracker/task-tracker/app/internal/apperr"
	"github.com/task-tracker/task-tracker/app/internal/auth"
)

// What is allowed, and how long.
const (
	// MaxPerTask is how many attachments a task may have, reserved ones included.
	MaxPerTask = 100
	// MaxFilename is the length of the longest file name in characters.
	MaxFilename = 255
	// DefaultLimit and MaxLimit are the sizes of a page: where none is asked for, and the largest.
	DefaultLimit = 50
	MaxLimit     = 100
	// UploadValid is how long after its reservation an upload may begin.
	UploadValid = 15 * time.Minute
	// DownloadValid is how long after it was asked for a download may begin. In S3's case nothing can take a link back.
	DownloadValid = time.Minute
	// ReservationValid is how long an attachment may stay unconfirmed.
	ReservationValid = 24 * time.Hour
)

// State is where an attachment is in its life.
type State string

// The states. A deleted attachment is not found any more; its row waits until the bytes are removed.
const (
	StateReserved State = "reserved"
	StateReady    State = "ready"
	StateDeleted  State = "deleted"
)

// Person is an account as others see it.
type Person struct {
	ID   uuid.UUID
	Name string
}

// Sum is the SHA-256 of a file. As text it is 64 lower-case hex digits.
type Sum [32]byte

// ParseSum reads 64 lower-case hex digits.
func ParseSum(s string) (Sum, error) {
	var sum Sum
	if len(s) == 2*len(sum) {
		if _, err := hex.Decode(sum[:], []byte(s)); err == nil && sum.String() == s {
			return sum, nil
		}
	}
	return Sum{}, errors.New("must be 64 lower-case hex digits")
}

// String is the sum in hex.
func (s Sum) String() string { return hex.EncodeToString(s[:]) }

// MarshalText implements [encoding.TextMarshaler].
func (s Sum) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText implements [encoding.TextUnmarshaler].
func (s *Sum) UnmarshalText(text []byte) (err error) {
	*s, err = ParseSum(string(text))
	return err
}

// Attachment is a file on a task, or the place kept for one.
type Attachment struct {
	ID          uuid.UUID
	WorkspaceID uuid.UUID
	ProjectID   uuid.UUID
	TaskID      uuid.UUID
	Author      Person
	Filename    string
	ContentType string
	Size        int64 // bytes
	SHA256      Sum
	Key         string // of the bytes in the blob store
	State       State
	CreatedAt   time.Time
	ConfirmedAt *time.Time
}

// Place is where an attachment hangs, as its rules need to know it: the caller's role in the workspace, and whether the
// project is archived.
type Place struct {
	WorkspaceID uuid.UUID
	ProjectID   uuid.UUID
	Archived    bool
	Role        auth.Role
}

// Membership is what the caller is there.
func (p Place) Membership() auth.Membership {
	return auth.Membership{Workspace: p.WorkspaceID, Role: p.Role}
}

// Page asks for up to Limit attachments, 1 to MaxLimit, behind After, or from the start. Eventual allows an answer that lags.
type Page struct {
	After    *uuid.UUID
	Limit    int
	Eventual bool
}

func (p Page) validate() error {
	if p.Limit < 1 || p.Limit > MaxLimit {
		return &apperr.Error{Code: apperr.InvalidParameter, Message: "A parameter is not valid.", Fields: []apperr.Field{
			{Pointer: "limit", Code: "out_of_range", Message: fmt.Sprintf("must be 1 to %d", MaxLimit)},
		}}
	}
	return nil
}

// Upload tells a client how to send the bytes: by Method to URL with Headers. Fields, where there are any, make it a
// multipart form with the bytes last, in a field "file".
type Upload struct {
	Method    string
	URL       string
	Headers   map[string]string
	Fields    map[string]string
	ExpiresAt time.Time
}

// Link is a signed address of an attachment's bytes. From ExpiresAt on no download begins.
type Link struct {
	URL       string
	ExpiresAt time.Time
}

// Reservation is an attachment with the upload that it waits for.
type Reservation struct {
	Attachment Attachment
	Upload     Upload
}

// Stored is what the blob store holds.
type Stored struct {
	Size   int64
	SHA256 Sum
}

// Leftover is a row whose bytes are to be removed.
type Leftover struct {
	ID        uuid.UUID
	Key       string
	ChangedAt time.Time
}

// Key is where an attachment's bytes are in the blob store.
func Key(workspace, id uuid.UUID) string {
	return "workspace/" + workspace.String() + "/" + id.String()
}
