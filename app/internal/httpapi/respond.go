package httpapi

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strconv"
	"sync"
)

// Answers are encoded whole before anything is sent, so that a fault in the encoding is a 500 and the length is known.
var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// keepBuffer is the size up to which a buffer is kept for another answer.
const keepBuffer = 256 << 10

func release(b *bytes.Buffer) {
	if b.Cap() <= keepBuffer {
		b.Reset()
		buffers.Put(b)
	}
}

// encode writes v as JSON with a newline at its end. The caller releases the buffer.
func encode(v any) (*bytes.Buffer, error) {
	b := buffers.Get().(*bytes.Buffer) //nolint:forcetypeassert // the pool holds nothing else
	enc := json.NewEncoder(b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		release(b)
		return nil, err
	}
	return b, nil
}

// object answers with one object and its ETag; with 304 when the caller has it already. A version of 0 means that the
// object has none: no ETag then.
func (s *Server) object(w http.ResponseWriter, r *http.Request, status int, version int64, v any) {
	b, err := encode(v)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	defer release(b)
	if version > 0 {
		tag := etag(version, b.Bytes())
		w.Header()["Etag"] = []string{tag}
		if (r.Method == http.MethodGet || r.Method == http.MethodHead) && noneMatch(r, tag) {
			w.WriteHeader(http.StatusNotModified)
			return
		}
	}
	s.send(w, r, status, "application/json", b.Bytes())
}

// created answers 201 with the new object, where to find it and its ETag (none where version is 0).
func (s *Server) created(w http.ResponseWriter, r *http.Request, location string, version int64, v any) {
	if location != "" {
		w.Header()["Location"] = []string{location}
	}
	s.object(w, r, http.StatusCreated, version, v)
}

// noContent answers 204.
func (s *Server) noContent(w http.ResponseWriter, _ *http.Request) {
	w.WriteHeader(http.StatusNoContent)
}

// page answers with one page of a list. next is the place behind its last item, nil on the last page; it comes back
// through [after].
func page[T, C any](s *Server, w http.ResponseWriter, r *http.Request, items []T, next *C) {
	if items == nil {
		items = []T{}
	}
	body := struct {
		Items      []T     `json:"items"`
		NextCursor *string `json:"next_cursor"`
	}{Items: items}
	if next != nil {
		token, err := s.cursors.seal(r, next)
		if err != nil {
			s.fail(w, r, err)
			return
		}
		body.NextCursor = &token
		query := r.URL.Query()
		query.Set("cursor", token)
		w.Header()["Link"] = []string{"<" + r.URL.EscapedPath() + "?" + query.Encode() + `>; rel="next"`}
	}
	s.write(w, r, http.StatusOK, "application/json", body)
}

// write encodes v and sends it.
func (s *Server) write(w http.ResponseWriter, r *http.Request, status int, mediaType string, v any) {
	b, err := encode(v)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	defer release(b)
	s.send(w, r, status, mediaType, b.Bytes())
}

// send sends a finished body, compressed where that helps and the caller takes it.
func (s *Server) send(w http.ResponseWriter, r *http.Request, status int, mediaType string, body []byte) {
	h := w.Header()
	h["Content-Type"] = []string{mediaType}
	if len(body) >= compressFrom {
		h["Vary"] = append(h["Vary"], "Accept-Encoding")
		if acceptsGzip(r) {
			if packed, ok := compress(body); ok {
				defer release(packed)
				body = packed.Bytes()
				h["Content-Encoding"] = []string{"gzip"}
				if tag := h.Get("Etag"); tag != "" { // the same content in other bytes: RFC 9110, 8.8.3.3
					h["Etag"] = []string{"W/" + tag}
				}
			}
		}
	}
	h["Content-Length"] = []string{strconv.Itoa(len(body))}
	w.WriteHeader(status)
	_, _ = w.Write(body) //nolint:gosec // JSON, not a page; a client that has gone is no fault of ours
}
