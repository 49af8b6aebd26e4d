package blob

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"hash"
	"io"
	"os"
)

// exactReader yields left bytes and then EOF, or says how r's length differs.
type exactReader struct {
	r    io.Reader
	left int64
	err  error // what ended the reading, other than EOF
}

// blame tells a failed copy's error of the source from one of the disk it went to.
func (e *exactReader) blame(op string, err error) error {
	if e.err != nil {
		return e.err
	}
	return diskError(op, err)
}

func (e *exactReader) fail(err error) error {
	e.err = err
	return err
}

func (e *exactReader) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	if int64(len(p)) > e.left+1 {
		p = p[:e.left+1] // one byte more than announced tells too much from just enough
	}
	n, err := e.r.Read(p)
	if int64(n) > e.left {
		return 0, e.fail(ErrTooLarge)
	}
	e.left -= int64(n)
	switch {
	case err == io.EOF && e.left > 0:
		return n, e.fail(ErrTooSmall)
	case err != nil && err != io.EOF:
		return n, e.fail(fmt.Errorf("%w: %w", ErrInterrupted, err))
	}
	return n, err
}

// contextReader ends a copy when its request does.
type contextReader struct {
	ctx context.Context //nolint:containedctx // lives as long as one copy
	r   io.Reader
}

func (c *contextReader) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.r.Read(p)
}

// verifiedBody reads a blob and returns ErrChecksum in place of EOF if it has rotted.
type verifiedBody struct {
	r      io.Reader
	closer io.Closer
	left   int64
	want   [32]byte
	hash   hash.Hash
}

func (v *verifiedBody) Read(p []byte) (int, error) {
	n, err := v.r.Read(p)
	v.hash.Write(p[:n])
	v.left -= int64(n)
	if err == io.EOF {
		var got [32]byte
		v.hash.Sum(got[:0])
		if v.left != 0 || got != v.want {
			return n, ErrChecksum
		}
	}
	return n, err
}

func (v *verifiedBody) Close() error { return v.closer.Close() }

// memory is how much of a blob the S3 store holds at most to be able to send it again.
const memory = 8 << 20

// spool reads exactly size bytes into something that can be read again, with their
// SHA-256. The caller calls done when it has no more use for them.
func spool(r io.Reader, size int64, dir string) (body io.ReadSeeker, sum [32]byte, done func(), err error) {
	hash := sha256.New()
	exact := &exactReader{r: r, left: size}
	source := io.TeeReader(exact, hash)
	if size <= memory {
		buf := bytes.NewBuffer(make([]byte, 0, size+bytes.MinRead))
		if _, err := buf.ReadFrom(source); err != nil {
			return nil, sum, nil, err
		}
		hash.Sum(sum[:0])
		return bytes.NewReader(buf.Bytes()), sum, func() {}, nil
	}
	f, err := os.CreateTemp(dir, "tasktracker-blob-*")
	if err != nil {
		return nil, sum, nil, diskError("temporary file", err)
	}
	// Unlinked at once: whatever happens to this process, the space comes back.
	done = func() { _ = f.Close() }
	if err := os.Remove(f.Name()); err != nil {
		done()
		return nil, sum, nil, diskError("temporary file", err)
	}
	if _, err := io.Copy(f, source); err != nil {
		done()
		return nil, sum, nil, exact.blame("temporary file", err)
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		done()
		return nil, sum, nil, diskError("temporary file", err)
	}
	hash.Sum(sum[:0])
	return f, sum, done, nil
}
