package attachment

import (
	"regexp"
	"strings"

	"github.com/task-tracker/task-tracker/app/internal/apperr"
)

// Limits are what the operator allows.
type Limits struct {
	// MaxSize is the size of the largest file in bytes.
	MaxSize int64
	// Types lists the media types that may be attached, such as "image/*" or "application/pdf"; "*/*" is any.
	Types []string
}

// Draft is what a client asks to attach. SHA256 is 64 hex digits.
type Draft struct {
	Filename    string
	ContentType string
	Size        int64
	SHA256      string
}

const maxContentType = 127

// Validate reports every fault of d at once, and returns the checksum that it names.
func (l Limits) Validate(d Draft) (Sum, error) {
	var f apperr.Fields
	apperr.Line(&f, "/filename", d.Filename, 1, MaxFilename)
	switch {
	case strings.ContainsAny(d.Filename, `/\`):
		f.Add("/filename", "invalid_character", "must not contain path separators")
	case d.Filename == ".", d.Filename == "..":
		f.Add("/filename", "invalid", "must be the name of a file")
	}
	l.validateType(&f, d.ContentType)
	switch {
	case d.Size < 1:
		f.Add("/size", "too_small", "must be at least 1 byte")
	case d.Size > l.MaxSize:
		f.Add("/size", "too_large", "is %d bytes, at most %d are allowed", d.Size, l.MaxSize)
	}
	sum, err := ParseSum(d.SHA256)
	if err != nil {
		f.Add("/sha256", "invalid", "%s", err)
	}
	return sum, f.Err()
}

// mediaType is type/subtype without parameters, of the characters that RFC 6838, section 4.2, allows: it goes into
// headers and signatures as it is.
var mediaType = regexp.MustCompile(`\A[a-zA-Z0-9!#$&^_.+-]+/[a-zA-Z0-9!#$&^_.+-]+\z`)

func (l Limits) validateType(f *apperr.Fields, contentType string) {
	const pointer = "/content_type"
	main, sub, _ := strings.Cut(strings.ToLower(contentType), "/")
	switch {
	case len(contentType) > maxContentType:
		f.Add(pointer, "too_long", "has %d characters, at most %d are allowed", len(contentType), maxContentType)
	case !mediaType.MatchString(contentType):
		f.Add(pointer, "invalid", "must be a media type without parameters, such as image/png")
	case !l.allows(main, sub):
		f.Add(pointer, "not_allowed", "%s files cannot be attached here; allowed are: %s", contentType, strings.Join(l.Types, ", "))
	}
}

// allows looks a type in lower case up in the list.
func (l Limits) allows(main, sub string) bool {
	for _, allowed := range l.Types {
		m, s, _ := strings.Cut(strings.ToLower(strings.TrimSpace(allowed)), "/")
		if (m == "*" || m == main) && (s == "*" || s == sub) {
			return true
		}
	}
	return false
}
