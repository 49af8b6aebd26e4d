package blob

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// slowest is the rate in bytes a second below which a transfer is given up, so that
// idle clients can't hold connections; each also gets a minute to begin with.
const slowest = 32 << 10

// transferTime is how long a transfer of size bytes may take; at most a week, whatever the size.
func transferTime(size int64) time.Duration {
	return time.Minute + time.Duration(min(size/slowest, int64(maxLifetime/time.Second)))*time.Second
}

// Admit decides whether the signed URLs of a blob still hold: a link to what has been deleted since must not serve it.
// upload tells a PUT from a GET or HEAD. [ErrNotFound] for what is not there any more; other errors go to the handler's
// onError as they are.
type Admit func(ctx context.Context, key string, upload bool) error

// Handler serves the store's signed URLs, PUT for uploads and GET for downloads, below
// [RoutePrefix]; mount it there without stripping the prefix. It sets its own deadlines
// and its own body limit, the signed size. Every request with a valid signature is put
// to admit before it is served; nil admits all. Failures go to onError as the package's typed
// errors, before anything has been written, except for a connection lost in mid-download.
func (d *Disk) Handler(admit Admit, onError func(http.ResponseWriter, *http.Request, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Content-Security-Policy", "sandbox; default-src 'none'")
		h.Set("Referrer-Policy", "no-referrer") // the URL is a credential
		h.Set("Cache-Control", "private, no-store")
		if err := d.serve(w, r, admit); err != nil {
			onError(w, r, err)
		}
	})
}

func (d *Disk) serve(w http.ResponseWriter, r *http.Request, admit Admit) error {
	if r.Method != http.MethodPut && r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD, PUT")
		return ErrMethod
	}
	_, key, ok := strings.Cut(r.URL.Path, RoutePrefix)
	if !ok || ValidateKey(key) != nil {
		return ErrNotFound
	}
	g, err := d.signer.verify(key, r.URL.RawQuery, d.opts.now())
	if err != nil {
		return err
	}
	method := r.Method
	if method == http.MethodHead {
		method = http.MethodGet
	}
	if method != g.method {
		return fmt.Errorf("%w: it was signed for %s", ErrBadSignature, g.method)
	}
	upload := g.method == http.MethodPut
	if admit != nil {
		if err := admit(r.Context(), key, upload); err != nil {
			return err
		}
	}
	if upload {
		return d.serveUpload(w, r, g)
	}
	return d.serveDownload(w, r, g)
}

func (d *Disk) serveUpload(w http.ResponseWriter, r *http.Request, g grant) error {
	switch types := r.Header.Values("Content-Type"); {
	case len(types) != 1 || types[0] != g.contentType:
		return ErrType
	case r.Header.Get("Content-Encoding") != "":
		return fmt.Errorf("%w: content encodings are not accepted", ErrType)
	case r.ContentLength > g.size:
		return ErrTooLarge
	case r.ContentLength >= 0 && r.ContentLength < g.size:
		return ErrTooSmall
	}
	if err := setDeadlines(w, g.size); err != nil {
		return err
	}
	// write reads one byte beyond the signed size at most: that is the body limit.
	if err := d.write(r.Context(), g.key, g.contentType, g.size, &g.sha256, r.Body); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func (d *Disk) serveDownload(w http.ResponseWriter, r *http.Request, g grant) error {
	f, header, err := d.open(g.key)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }() // only read from
	if err := setDeadlines(w, header.Size); err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", g.contentType)
	h.Set("Content-Disposition", disposition(g.filename))
	// A range of a compressed form would be no range of the file.
	h.Set("Cache-Control", "private, no-transform")
	h.Set("ETag", `"`+hex.EncodeToString(header.SHA256[:])+`"`)
	http.ServeContent(w, r, "", time.Time{}, io.NewSectionReader(f, headerSize, header.Size))
	return nil
}

// setDeadlines replaces the server's timeouts, which are made for small messages, by
// ones that fit size bytes. The server restores its own for the next request.
func setDeadlines(w http.ResponseWriter, size int64) error {
	limit := time.Now().Add(transferTime(size))
	c := http.NewResponseController(w)
	err := errors.Join(c.SetReadDeadline(limit), c.SetWriteDeadline(limit.Add(30*time.Second)))
	if err != nil && !errors.Is(err, http.ErrNotSupported) {
		return fmt.Errorf("blob: deadlines: %w", err)
	}
	return nil
}
