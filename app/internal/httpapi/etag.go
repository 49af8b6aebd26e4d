package httpapi

import (
	"hash/crc32"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/task-tracker/task-tracker/app/internal/apperr"
	"github.com/task-tracker/task-tracker/app/internal/cond"
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

// ifMatch gives the versions that the caller accepts: any without the header or with `*`. A list names several (RFC 9110,
// section 13.1.1); tags that this service cannot have given accept nothing. Errors: precondition_failed for what is not a
// list of entity tags.
//
// Weak tags are taken, too, where the RFC wants the strong comparison: a compressed response, ours or a proxy's, has a weak
// tag, and the version in it is as exact as that of the strong one.
func ifMatch(r *http.Request) (cond.Versions, error) {
	values := r.Header["If-Match"]
	if len(values) == 0 {
		return nil, nil
	}
	tags, star, ok := entityTags(values)
	switch {
	case star:
		return nil, nil
	case !ok:
		return nil, apperr.New(apperr.PreconditionFailed, `If-Match takes ETags as this API gives them, such as "3-1f00c2aa", separated by commas, or *.`)
	}
	accepted := cond.Versions{}
	for _, tag := range tags {
		number, _, _ := strings.Cut(tag, "-")
		if version, err := strconv.ParseInt(number, 10, 64); err == nil && version > 0 {
			accepted = append(accepted, version)
		}
	}
	return accepted, nil
}

// noneMatch reports whether the caller has this response already. The comparison is the weak one of RFC 9110, 13.1.2.
// What is not a list of entity tags names none.
func noneMatch(r *http.Request, tag string) bool {
	tags, star, ok := entityTags(r.Header["If-None-Match"])
	return star || ok && slices.Contains(tags, strings.Trim(tag, `"`))
}

// entityTags reads the lists of If-Match and If-None-Match (RFC 9110, sections 5.6.1, 8.8.3 and 13.1): the opaque parts
// of the tags, weak or strong, or star. Commas may stand within a tag, and elements may be empty. Not ok: something else
// stands in a list, or a list has no tag.
func entityTags(values []string) (tags []string, star, ok bool) {
	if len(values) == 1 && strings.TrimSpace(values[0]) == "*" {
		return nil, true, true
	}
	for _, rest := range values {
		for {
			rest = strings.TrimLeft(rest, ", \t")
			if rest == "" {
				break
			}
			opaque, found := strings.CutPrefix(strings.TrimPrefix(rest, "W/"), `"`)
			end := strings.IndexByte(opaque, '"')
			if !found || end < 0 {
				return nil, false, false
			}
			tags = append(tags, opaque[:end])
			rest = strings.TrimLeft(opaque[end+1:], " \t")
			if rest != "" && rest[0] != ',' {
				return nil, false, false
			}
		}
	}
	return tags, false, len(tags) > 0
}
