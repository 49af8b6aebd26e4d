package httpapi

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/task-tracker/task-tracker/app/internal/apperr"
)

const (
	maxCursor = 1 << 10 // characters
	macSize   = 16      // bytes of the HMAC-SHA256 that are kept
)

// cursors seals and opens the place behind a page's last item: base64url(JSON ‖ MAC). The MAC covers the path and all
// parameters but cursor and limit, so a cursor works for the list that gave it and for no other, and its content is
// what this service wrote: it may go into a query as it is.
type cursors struct {
	key atomic.Pointer[[]byte]
}

func (c *cursors) setKey(key []byte) { c.key.Store(&key) }

func (c *cursors) mac(r *http.Request, payload []byte) []byte {
	var key []byte
	if k := c.key.Load(); k != nil {
		key = *k
	}
	m := hmac.New(sha256.New, key)
	for _, part := range [][]byte{[]byte(r.URL.Path), []byte(listParameters(r)), payload} {
		var size [8]byte
		binary.BigEndian.PutUint64(size[:], uint64(len(part)))
		m.Write(size[:])
		m.Write(part)
	}
	return m.Sum(nil)[:macSize]
}

// listParameters is the query without what may differ between two pages of a list, in one order.
func listParameters(r *http.Request) string {
	query := r.URL.Query()
	delete(query, "cursor")
	delete(query, "limit")
	for _, values := range query {
		slices.Sort(values)
	}
	return query.Encode()
}

func (c *cursors) seal(r *http.Request, place any) (string, error) {
	payload, err := json.Marshal(place)
	if err != nil {
		return "", err
	}
	return base64.RawURLEncoding.EncodeToString(append(payload, c.mac(r, payload)...)), nil
}

func (c *cursors) open(r *http.Request, token string, place any) error {
	bad := func() error {
		return apperr.New(apperr.InvalidCursor, "This cursor was not made by this list with these filters and this sort order. Take next_cursor as it is, or start again without a cursor.")
	}
	if len(token) > maxCursor {
		return bad()
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(token)
	if err != nil || len(raw) <= macSize || strings.ContainsAny(token, "\r\n") {
		return bad()
	}
	payload, mac := raw[:len(raw)-macSize], raw[len(raw)-macSize:]
	if !hmac.Equal(mac, c.mac(r, payload)) {
		return bad()
	}
	dec := json.NewDecoder(bytes.NewReader(payload))
	dec.DisallowUnknownFields()
	if dec.Decode(place) != nil { // sealed by another version of this program
		return bad()
	}
	return nil
}

// after decodes the cursor of the request: nil where it asks for the first page. Errors: invalid_cursor.
func after[C any](s *Server, r *http.Request) (*C, error) {
	if !strings.Contains(r.URL.RawQuery, "cursor=") {
		return nil, nil
	}
	query := r.URL.Query()
	if !query.Has("cursor") {
		return nil, nil
	}
	place := new(C)
	if err := s.cursors.open(r, query.Get("cursor"), place); err != nil {
		return nil, err
	}
	return place, nil
}
