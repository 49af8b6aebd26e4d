package blob

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxFilename is the length in bytes that common file systems allow a name.
const maxFilename = 255

// disposition is the Content-Disposition value that makes a browser save the bytes and
// never show them: RFC 6266, with the plain name for old clients and the RFC 5987 one
// for every other.
func disposition(filename string) string {
	name := cleanFilename(filename)
	var plain, extended strings.Builder
	for _, r := range name {
		if r < utf8.RuneSelf && r != '"' && r != '\\' && r != '%' {
			plain.WriteRune(r)
		} else {
			plain.WriteByte('_')
		}
	}
	const hex = "0123456789ABCDEF"
	for _, c := range []byte(name) {
		if isAttrChar(c) {
			extended.WriteByte(c)
		} else {
			extended.WriteByte('%')
			extended.WriteByte(hex[c>>4])
			extended.WriteByte(hex[c&15])
		}
	}
	return `attachment; filename="` + plain.String() + `"; filename*=UTF-8''` + extended.String()
}

// isAttrChar is attr-char of RFC 5987, section 3.2.1.
func isAttrChar(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' ||
		strings.IndexByte("!#$&+-.^_`|~", c) >= 0
}

// cleanFilename makes one harmless name of any text: no path, no control or direction
// characters (they can make "exe.txt" of "txt.exe"), not hidden, never empty, and short
// enough to be saved with its extension.
func cleanFilename(filename string) string {
	name := strings.Map(func(r rune) rune {
		switch {
		case r == '/' || r == '\\' || r == ':' || r == utf8.RuneError,
			unicode.IsControl(r), unicode.Is(unicode.Bidi_Control, r), r == '\u2028', r == '\u2029', r == '\ufeff':
			return '_'
		}
		return r
	}, strings.ToValidUTF8(filename, "_"))
	name = strings.TrimFunc(name, isDotOrSpace)
	if name == "" {
		return "download"
	}
	if len(name) <= maxFilename {
		return name
	}
	ext := ""
	if dot := strings.LastIndexByte(name, '.'); dot > 0 && len(name)-dot <= 32 {
		ext = name[dot:]
	}
	stem := name[:maxFilename-len(ext)]
	for len(stem) > 0 && !utf8.ValidString(stem) {
		stem = stem[:len(stem)-1]
	}
	return strings.TrimRightFunc(stem+ext, isDotOrSpace)
}

// isDotOrSpace tells what may stand inside a name but not at its ends: dots hide a file
// or are lost on Windows, as are blanks.
func isDotOrSpace(r rune) bool { return r == '.' || unicode.IsSpace(r) }
