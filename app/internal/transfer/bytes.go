package transfer

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"

	"github.com/google/uuid"
)

// takeAttachment checks an attachment and stores the bytes that follow it. The blob is written while the transaction is
// open, and removed if that fails. Its key is made anew by every attempt: were it the file's, an attempt that failed
// would remove the bytes of another that did not.
func (im *importer) takeAttachment(ctx context.Context, a *Attachment, line int64) error {
	a.WorkspaceID = im.workspace.ID
	if err := errors.Join(a.check(), im.below(a.TaskID), im.person("/author_id", &a.AuthorID)); err != nil {
		return err
	}
	a.BlobKey = "workspace/" + im.workspace.ID.String() + "/" + uuid.NewString()
	chunks := &chunkReader{in: im.in, id: a.ID, left: a.Size}
	sum := sha256.New()
	body := io.TeeReader(chunks, sum)
	var err error
	if im.dryRun {
		_, err = io.Copy(io.Discard, body)
	} else {
		im.keys = append(im.keys, a.BlobKey) // whatever comes of it: a Put whose answer was lost may have stored them
		err = im.blobs.Put(ctx, a.BlobKey, a.ContentType, a.Size, body)
	}
	switch {
	case chunks.err != nil: // whatever became of the blob, this is why
		return chunks.err
	case err != nil:
		return fmt.Errorf("attachment %s: its bytes cannot be stored: %w", a.ID, err)
	case hex.EncodeToString(sum.Sum(nil)) != a.SHA256:
		return &LineError{Line: line, Kind: a.Kind(), Err: bad("/sha256", "invalid_value", "the bytes that follow have another one")}
	}
	return nil
}

// removeBlobs removes what was stored for an import that failed.
func (im *importer) removeBlobs(ctx context.Context) error {
	var errs []error
	for _, key := range im.keys {
		if err := im.blobs.Delete(ctx, key); err != nil {
			errs = append(errs, fmt.Errorf("the blob %s stays behind: %w", key, err))
		}
	}
	return errors.Join(errs...)
}

// chunkReader reads the bytes of one attachment out of the lines that follow it.
type chunkReader struct {
	in   *Reader
	id   uuid.UUID
	left int64
	buf  []byte
	err  error
}

// Read implements io.Reader.
func (c *chunkReader) Read(p []byte) (int, error) {
	if len(c.buf) == 0 && c.left == 0 {
		return 0, io.EOF
	}
	if len(c.buf) == 0 {
		if c.err = c.fetch(); c.err != nil {
			return 0, c.err
		}
	}
	n := copy(p, c.buf)
	c.buf = c.buf[n:]
	return n, nil
}

func (c *chunkReader) fetch() error {
	if c.err != nil {
		return c.err
	}
	r, err := c.in.Next()
	if errors.Is(err, io.EOF) {
		err = bad("/size", "too_small", "the attachment's bytes are missing")
		return &LineError{Line: c.in.Line(), Kind: "trailer", Err: err}
	}
	if err != nil {
		return err
	}
	d, ok := r.(*Data)
	switch n := int64(0); {
	case !ok || d.AttachmentID != c.id:
		err = bad("/attachment_id", "invalid_value", "%d more bytes of attachment %s must come first", c.left, c.id)
	default:
		if n = int64(len(d.Data)); n < 1 || n > ChunkSize || n > c.left {
			err = bad("/data", "out_of_range", "has %d bytes; 1 to %d are expected here", n, min(ChunkSize, c.left))
		}
	}
	if err != nil {
		return &LineError{Line: c.in.Line(), Kind: r.Kind(), Err: err}
	}
	c.left -= int64(len(d.Data))
	c.buf = d.Data
	return nil
}
