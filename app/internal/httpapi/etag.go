package httpapi

import (
	"hash/crc32"
	"net/http"
	"strconv"
	"strings"

	"github.com/task-tracker/task-tracker/app/internal/apperr"
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// etag is `"<version>-<hash of the body>"`: the version is what If-Match compares, the whole is what If-None-Match
// compares, as an answer may change without its object (the name of an assignee, say).
func etag(version int64, body []byte) string {
	b := make([]byte, 0, 32)
	b = append(b, '"')
	b = strconv.AppendInt(b, version, 10)
	b = append(b, '-')
	sum := crc32.Checksum(body, castagnoli)
	for shift := 28; shift >= 0; shift -= 4 {
		b = append(b, "0123456789abcdef"[sum>>shift&0xf])
	}
	return string(append(b, '"'))
}

// ifMatch gives the version that the caller wants to change: nil without the header or with `*`.
// Of several entity tags the first counts; one that this service cannot have given matches nothing: precondition_failed.
func ifMatch(r *http.Request) (*int64, error) {
	values := r.Header["If-Match"]
	if len(values) == 0 {
		return nil, nil
	}
	tag := strings.TrimSpace(strings.Join(values, ","))
	if tag == "*" {
		return nil, nil
	}
	tag, quoted := strings.CutPrefix(strings.TrimPrefix(tag, "W/"), `"`)
	number, _, _ := strings.Cut(strings.TrimSuffix(tag, `"`), "-")
	version, err := strconv.ParseInt(number, 10, 64)
	if err != nil || !quoted || version < 1 {
		return nil, apperr.New(apperr.PreconditionFailed, `If-Match takes one ETag as this API gave it, such as "3-1f00c2aa", or *.`)
	}
	return &version, nil
}

// noneMatch reports whether the caller has this answer already. The comparison is the weak one of RFC 9110, 13.1.2.
func noneMatch(r *http.Request, tag string) bool {
	for _, value := range r.Header["If-None-Match"] {
		for candidate := range strings.SplitSeq(value, ",") {
			candidate = strings.TrimSpace(candidate)
			if candidate == "*" || strings.TrimPrefix(candidate, "W/") == tag {
				return true
			}
		}
	}
	return false
}
