package blob

import (
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path"
	"time"
)

// Disk keeps blobs as files below one directory, which every access is confined to. A
// file is its [header] and then the bytes; it is written in tmp/, made durable, and only
// then linked to its name, so that a crash or a full disk never leaves half of one.
type Disk struct {
	root   *os.Root
	signer urlSigner
	opts   Options
}

var _ Store = (*Disk)(nil)

const (
	tempFolder = "tmp"
	keyFolder  = "workspace"
)

// OpenDisk opens the store in directory dir, creating it if need be, and removes what
// interrupted uploads left behind. It fails where files can't be written or hard-linked.
func OpenDisk(dir string, opts Options) (*Disk, error) {
	signer, err := newURLSigner(opts.SigningKey, opts.BaseURL)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, diskError("create directory", err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, diskError("open directory", err)
	}
	d := &Disk{root: root, signer: signer, opts: opts}
	if err := d.prepare(); err != nil {
		return nil, errors.Join(err, root.Close())
	}
	return d, nil
}

func (d *Disk) prepare() error {
	for _, folder := range []string{tempFolder, keyFolder} {
		if err := d.root.Mkdir(folder, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
			return diskError("create folder "+folder, err)
		}
	}
	if err := d.syncFolder("."); err != nil {
		return err
	}
	if err := d.sweep(); err != nil {
		return err
	}
	// A full disk still serves downloads.
	if err := d.Check(context.Background()); !errors.Is(err, ErrNoSpace) {
		return err
	}
	return nil
}

// Close releases the directory. Requests in flight fail.
func (d *Disk) Close() error { return d.root.Close() }

// Check writes, links and removes a small file, because that is what an upload needs.
func (d *Disk) Check(context.Context) error {
	t, err := d.newTemp()
	if err != nil {
		return err
	}
	defer t.discard()
	if _, err := t.file.WriteString("check"); err != nil {
		return diskError("write", err)
	}
	link := t.name + ".link"
	if err := d.root.Link(t.name, link); err != nil {
		return diskError("hard links are needed here", err)
	}
	return diskError("remove", d.root.Remove(link))
}

// SignUpload returns a signed PUT to this server.
func (d *Disk) SignUpload(_ context.Context, req UploadRequest) (Upload, error) {
	if err := req.validate(d.opts.now()); err != nil {
		return Upload{}, err
	}
	target, err := d.signer.sign(grant{
		method: http.MethodPut, key: req.Key, contentType: req.ContentType,
		size: req.Size, sha256: req.SHA256, expires: req.Expires,
	})
	if err != nil {
		return Upload{}, err
	}
	return Upload{
		Method: http.MethodPut, URL: target, Expires: req.Expires.Truncate(time.Second),
		Headers: map[string]string{"Content-Type": req.ContentType},
		Fields:  map[string]string{},
	}, nil
}

// SignDownload returns a signed URL of this server.
func (d *Disk) SignDownload(_ context.Context, req DownloadRequest) (Download, error) {
	if err := req.validate(d.opts.now()); err != nil {
		return Download{}, err
	}
	target, err := d.signer.sign(grant{
		method: http.MethodGet, key: req.Key, contentType: req.ContentType,
		filename: cleanFilename(req.Filename), expires: req.Expires,
	})
	if err != nil {
		return Download{}, err
	}
	return Download{URL: target, Expires: req.Expires.Truncate(time.Second)}, nil
}

// Stat reads the whole blob and compares it with the checksum it was stored with.
func (d *Disk) Stat(ctx context.Context, key string) (Info, error) {
	f, h, err := d.open(key)
	if err != nil {
		return Info{}, err
	}
	body := &verifiedBody{r: &contextReader{ctx, f}, closer: f, left: h.Size, want: h.SHA256, hash: sha256.New()}
	_, err = io.Copy(io.Discard, body)
	if err = errors.Join(err, f.Close()); err != nil {
		return Info{}, diskError("read", err)
	}
	return Info(h), nil
}

// Get streams a blob and checks it on the way.
func (d *Disk) Get(ctx context.Context, key string) (io.ReadCloser, error) {
	f, h, err := d.open(key)
	if err != nil {
		return nil, err
	}
	return &verifiedBody{r: &contextReader{ctx, f}, closer: f, left: h.Size, want: h.SHA256, hash: sha256.New()}, nil
}

// Put stores a blob, durable when it returns.
func (d *Disk) Put(ctx context.Context, key, contentType string, size int64, r io.Reader) error {
	if err := ValidateKey(key); err != nil {
		return err
	}
	if err := validateType(contentType); err != nil {
		return err
	}
	return d.write(ctx, key, contentType, size, nil, r)
}

// Delete unlinks a blob, durably.
func (d *Disk) Delete(_ context.Context, key string) error {
	if err := ValidateKey(key); err != nil {
		return err
	}
	switch err := d.root.Remove(key); {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return diskError("remove", err)
	}
	return d.syncFolder(path.Dir(key))
}

// open returns a blob's file, positioned at its first byte.
func (d *Disk) open(key string) (*os.File, header, error) {
	if err := ValidateKey(key); err != nil {
		return nil, header{}, err
	}
	f, err := d.root.Open(key)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, header{}, ErrNotFound
	case err != nil:
		return nil, header{}, diskError("open", err)
	}
	h, err := readHeader(f)
	if err != nil {
		return nil, header{}, errors.Join(err, f.Close())
	}
	return f, h, nil
}

// write stores size bytes of r under key; with want set, only if they have that SHA-256.
func (d *Disk) write(ctx context.Context, key, contentType string, size int64, want *[32]byte, r io.Reader) error {
	t, err := d.newTemp()
	if err != nil {
		return err
	}
	defer t.discard()

	h := header{Size: size, ContentType: contentType}
	if _, err := t.file.Write(h.encode()); err != nil {
		return diskError("write", err)
	}
	hash := sha256.New()
	source := &exactReader{r: &contextReader{ctx, r}, left: size}
	if _, err := io.Copy(io.MultiWriter(t.file, hash), source); err != nil {
		return source.blame("write", err)
	}
	hash.Sum(h.SHA256[:0])
	if want != nil && h.SHA256 != *want {
		return ErrChecksum
	}
	if _, err := t.file.WriteAt(h.encode(), 0); err != nil {
		return diskError("write", err)
	}
	if err := t.file.Sync(); err != nil {
		return diskError("sync", err)
	}
	return d.publish(t, key, h)
}

// publish gives a finished file its name. A link, unlike a rename, fails if the name is
// taken, also by another process, so a blob can't change once it is visible.
func (d *Disk) publish(t *tempFile, key string, h header) error {
	folder := path.Dir(key)
	if err := d.root.Mkdir(folder, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return diskError("create folder", err)
	}
	switch err := d.root.Link(t.name, key); {
	case errors.Is(err, fs.ErrExist):
		if err := d.same(key, h); err != nil {
			return err
		}
	case err != nil:
		return diskError("link", err)
	}
	// Also when the name was there: whoever made it may not have come this far.
	return errors.Join(d.syncFolder(folder), d.syncFolder(keyFolder))
}

func (d *Disk) same(key string, h header) error {
	f, old, err := d.open(key)
	if err != nil {
		return err
	}
	if old != h {
		err = ErrExists
	}
	return errors.Join(err, f.Close())
}

func (d *Disk) syncFolder(name string) error {
	f, err := d.root.Open(name)
	if err != nil {
		return diskError("open folder", err)
	}
	return diskError("sync folder", errors.Join(f.Sync(), f.Close()))
}
