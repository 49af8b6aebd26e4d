package apperr

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Line checks a one-line text such as a title or a name: valid UTF-8, min to max characters, no control characters,
// and not only white space. Faults go to f under pointer.
func Line(f *Fields, pointer, s string, minLen, maxLen int) {
	switch n := utf8.RuneCountInString(s); {
	case !utf8.ValidString(s):
		f.Add(pointer, "invalid_utf8", "must be valid UTF-8")
	case n < minLen || minLen > 0 && strings.TrimSpace(s) == "":
		f.Add(pointer, "required", "must have at least %d visible character(s)", minLen)
	case n > maxLen:
		f.Add(pointer, "too_long", "has %d characters, at most %d are allowed", n, maxLen)
	case strings.ContainsFunc(s, unicode.IsControl):
		f.Add(pointer, "invalid_character", "must not contain control characters")
	}
}

// Markdown checks a text of several lines: valid UTF-8, no NUL, min to max bytes.
func Markdown(f *Fields, pointer, s string, minLen, maxLen int) {
	switch {
	case !utf8.ValidString(s):
		f.Add(pointer, "invalid_utf8", "must be valid UTF-8")
	case strings.ContainsRune(s, 0):
		f.Add(pointer, "invalid_character", "must not contain NUL")
	case len(s) < minLen || minLen > 0 && strings.TrimSpace(s) == "":
		f.Add(pointer, "required", "must not be empty")
	case len(s) > maxLen:
		f.Add(pointer, "too_long", "has %d bytes, at most %d are allowed", len(s), maxLen)
	}
}
