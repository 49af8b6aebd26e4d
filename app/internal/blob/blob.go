package blob

import (
	"context"
	"errors"
	"fmt"
	"io"
	"regexp"
	"time"
)

// What can be wrong with a request for bytes. Stores and [Disk.Handler] wrap these, so
// compare with errors.Is. Anything else is the store's own failure.
var (
	ErrBadKey       = errors.New("blob: key is not workspace/<uuid>/<uuid>")
	ErrNotFound     = errors.New("blob: not found")
	ErrExists       = errors.New("blob: key holds other content")
	ErrExpired      = errors.New("blob: the signed request has expired")
	ErrBadSignature = errors.New("blob: the request is not as it was signed")
	ErrTooLarge     = errors.New("blob: more bytes than announced")
	ErrTooSmall     = errors.New("blob: fewer bytes than announced")
	ErrType         = errors.New("blob: content type differs from the signed one")
	ErrChecksum     = errors.New("blob: bytes do not match their SHA-256")
	ErrMethod       = errors.New("blob: method not allowed")
	ErrInterrupted  = errors.New("blob: the upload broke off")
	ErrNoSpace      = errors.New("blob: storage is full")
	// ErrCredentials is the failure to sign what would outlive the storage's credentials.
	ErrCredentials = errors.New("blob: the storage's credentials are about to expire")
)

// UploadRequest describes the only upload that a signed request will admit.
type UploadRequest struct {
	Key         string    // see [Key]
	ContentType string    // compared byte by byte
	Size        int64     // bytes, at least 1
	SHA256      [32]byte  // of the bytes
	Expires     time.Time // seconds count, fractions don't
}

// Upload tells a client how to send its bytes. A PUT carries them as its body; a POST is
// a multipart/form-data form with Fields first and the bytes last, in a field "file".
// Either way Headers go with it, and the body's Content-Length, which HTTP clients set by
// themselves: bodies of unknown length are refused. Success is 2xx. From Expires on no
// upload begins; it is what was asked for, or when the storage's credentials end.
type Upload struct {
	Method  string
	URL     string
	Headers map[string]string
	Fields  map[string]string
	Expires time.Time
}

// DownloadRequest describes a download. Filename is what the client's "save as" proposes;
// it may be any text, what can't be a name is replaced.
type DownloadRequest struct {
	Key         string
	Filename    string
	ContentType string
	Expires     time.Time
}

// Download is a signed URL and when it ends: when it was asked to, or when the storage's credentials end.
type Download struct {
	URL     string
	Expires time.Time
}

// Info says what a store holds under a key. SHA256 is of the stored bytes: recomputed by
// reading them, or verified by the store when they arrived.
type Info struct {
	Size        int64
	ContentType string
	SHA256      [32]byte
}

// Signer lets clients move bytes themselves.
type Signer interface {
	// SignUpload admits one exact upload until Expires. ErrBadKey for a malformed key,
	// ErrExpired for a moment that has passed, ErrCredentials where the storage's
	// credentials end within seconds and cannot be renewed.
	SignUpload(ctx context.Context, req UploadRequest) (Upload, error)
	// SignDownload returns a URL that answers GET with the bytes, as an attachment.
	// Whether the blob exists shows only then. Errors as for SignUpload.
	SignDownload(ctx context.Context, req DownloadRequest) (Download, error)
}

// Objects moves bytes through this process, for confirmation, export and import.
type Objects interface {
	// Stat describes a blob; ErrNotFound, ErrChecksum when the bytes have rotted.
	Stat(ctx context.Context, key string) (Info, error)
	// Get streams a blob, which the caller closes; ErrNotFound. A read returns
	// ErrChecksum in place of io.EOF when the bytes have rotted.
	Get(ctx context.Context, key string) (io.ReadCloser, error)
	// Put stores exactly size bytes. The same content again is fine, other content is
	// ErrExists; ErrTooLarge and ErrTooSmall when r does not hold size bytes.
	Put(ctx context.Context, key, contentType string, size int64, r io.Reader) error
	// Delete removes a blob; a missing one is no error.
	Delete(ctx context.Context, key string) error
}

// Store is what [Open] returns: a *[Disk] or an *[S3].
type Store interface {
	Signer
	Objects
	// Check says whether the store can be used now.
	Check(ctx context.Context) error
}

// Options are what a store needs beyond its URL.
type Options struct {
	// SigningKey signs the disk store's URLs: 32 bytes or more, the same in every process
	// that serves them. Without it the disk store stores, and signs nothing.
	SigningKey []byte
	// BaseURL is where clients reach this server, as http://127.0.0.1:3000. Disk only.
	BaseURL string
	// TempDir is where S3 uploads that don't fit in memory wait; the system's by default.
	TempDir string
	// Now is the clock, time.Now by default.
	Now func() time.Time
}

func (o Options) now() time.Time {
	if o.Now != nil {
		return o.Now()
	}
	return time.Now()
}

// Open opens the store that rawURL names, see [ParseURL]. S3 is not contacted before its first use, so that a service
// can start without it.
func Open(_ context.Context, rawURL string, opts Options) (Store, error) {
	at, err := ParseURL(rawURL)
	switch {
	case err != nil:
		return nil, fmt.Errorf("blob: URL %w", err)
	case at.S3 != nil:
		return OpenS3(*at.S3, opts)
	}
	return OpenDisk(at.Dir, opts)
}

const uuidPattern = `[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`

var keyPattern = regexp.MustCompile(`\Aworkspace/` + uuidPattern + `/` + uuidPattern + `\z`)

// Key is the key of a workspace's blob: both ids as lower-case UUIDs.
func Key(workspace, id string) string { return "workspace/" + workspace + "/" + id }

// ValidateKey returns ErrBadKey unless key has the one shape that keys have.
func ValidateKey(key string) error {
	if !keyPattern.MatchString(key) {
		return ErrBadKey
	}
	return nil
}

// validate holds what both stores ask of an upload before they sign it.
func (r UploadRequest) validate(now time.Time) error {
	if err := ValidateKey(r.Key); err != nil {
		return err
	}
	if r.Size < 1 {
		return fmt.Errorf("blob: size %d is below 1", r.Size)
	}
	if err := validateType(r.ContentType); err != nil {
		return err
	}
	return validateExpiry(r.Expires, now)
}

func (r DownloadRequest) validate(now time.Time) error {
	if err := ValidateKey(r.Key); err != nil {
		return err
	}
	if err := validateType(r.ContentType); err != nil {
		return err
	}
	return validateExpiry(r.Expires, now)
}

// maxLifetime is what S3 allows a signed URL.
const maxLifetime = 7 * 24 * time.Hour

func validateExpiry(expires, now time.Time) error {
	switch left := expires.Sub(now); {
	case left <= 0:
		return ErrExpired
	case left > maxLifetime:
		return fmt.Errorf("blob: expiry is %s away, at most %s are allowed", left, maxLifetime)
	}
	return nil
}

// validateType keeps out what could break a header or a signature; which types are
// welcome is the attachment rules' business.
func validateType(contentType string) error {
	if contentType == "" || len(contentType) > 255 {
		return fmt.Errorf("%w: it must have 1 to 255 characters", ErrType)
	}
	for _, c := range []byte(contentType) {
		if c < ' ' || c > '~' {
			return fmt.Errorf("%w: it must be printable ASCII", ErrType)
		}
	}
	return nil
}
