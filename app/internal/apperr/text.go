package apperr

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/rangetable"
)

// class is what a character means for the rules on texts.
type class uint8

const (
	visible      class = iota
	invisible          // shows nothing by itself; joins, selects or separates others
	control            // control characters and line breaks: no part of one line
	bidi               // reorders the text around it
	noncharacter       // never a character (Unicode 23.7): programs use it for themselves
)

// classes is the one table of what texts may hold. The first entry that has a character decides; what is in none is visible.
//
//   - The marks LRM, RLM and ALM are invisible and nothing worse: authors in right-to-left scripts need them, and they move
//     nothing beyond the neutral characters beside them.
//   - Joiners (ZWJ, ZWNJ), variation selectors and tags are invisible: emoji, Persian and Indic scripts are made with them.
//   - Private use is visible: fonts of companies and scripts that Unicode lacks live there.
//   - Unassigned characters are visible: Unicode grows faster than this program is built.
var classes = []struct {
	table *unicode.RangeTable
	class class
}{
	{unicode.Cc, control},
	{unicode.Zl, control}, // LINE SEPARATOR
	{unicode.Zp, control}, // PARAGRAPH SEPARATOR
	{bidiControls, bidi},
	{unicode.Noncharacter_Code_Point, noncharacter},
	{unicode.Prepended_Concatenation_Mark, visible}, // format characters that show, such as ARABIC NUMBER SIGN
	// From here on, with what is above: Default_Ignorable_Code_Point, as DerivedCoreProperties.txt puts it together, and blanks.
	{unicode.Cf, invisible},
	{unicode.Other_Default_Ignorable_Code_Point, invisible},
	{unicode.Variation_Selector, invisible},
	{unicode.White_Space, invisible},
	{blanks, invisible},
}

var (
	// bidiControls are the overrides, embeddings and isolates of UAX #9.
	bidiControls = &unicode.RangeTable{R16: []unicode.Range16{{Lo: 0x202a, Hi: 0x202e, Stride: 1}, {Lo: 0x2066, Hi: 0x2069, Stride: 1}}}
	// blanks are symbols by their category, but nothing is drawn: BRAILLE PATTERN BLANK, MUSICAL SYMBOL NULL NOTEHEAD.
	blanks = &unicode.RangeTable{
		R16: []unicode.Range16{{Lo: 0x2800, Hi: 0x2800, Stride: 1}},
		R32: []unicode.Range32{{Lo: 0x1d159, Hi: 0x1d159, Stride: 1}},
	}
)

// special are the characters of all the tables, so that one look-up is enough for all others.
var special = func() *unicode.RangeTable {
	tables := make([]*unicode.RangeTable, len(classes))
	for i, c := range classes {
		tables[i] = c.table
	}
	return rangetable.Merge(tables...)
}()

func classOf(r rune) class {
	switch {
	case r == ' ':
		return invisible
	case r > ' ' && r < 0x7f, !unicode.Is(special, r):
		return visible
	}
	for _, c := range classes {
		if unicode.Is(c.table, r) {
			return c.class
		}
	}
	return visible
}

// has reports whether a text has a character of that class.
func has(s string, c class) bool {
	for _, r := range s {
		if classOf(r) == c {
			return true
		}
	}
	return false
}

// Visible reports whether a character shows. White space and control characters do not, nor do joiners, fillers and marks.
func Visible(r rune) bool { return classOf(r) == visible }

// Line checks a one-line text such as a title or a name: valid UTF-8, min to max characters, a visible one among them where
// min is above 0, no control characters or line breaks, nothing that reorders the text around it (bidi_control), and no
// noncharacters. Faults go to f under pointer.
func Line(f *Fields, pointer, s string, minLen, maxLen int) {
	switch n := utf8.RuneCountInString(s); {
	case !utf8.ValidString(s):
		f.Add(pointer, "invalid_utf8", "must be valid UTF-8")
	case n < minLen || minLen > 0 && !has(s, visible):
		f.Add(pointer, "required", "must have at least %d visible character(s)", minLen)
	case n > maxLen:
		f.Add(pointer, "too_long", "has %d characters, at most %d are allowed", n, maxLen)
	case has(s, control):
		f.Add(pointer, "invalid_character", "must be one line without control characters")
	case has(s, bidi):
		f.Add(pointer, "bidi_control", "must not contain directional overrides, embeddings or isolates (U+202A to U+202E, U+2066 to U+2069); "+
			"the marks U+200E, U+200F and U+061C are allowed")
	case has(s, noncharacter):
		f.Add(pointer, "invalid_character", "must not contain noncharacters such as U+FFFE")
	}
}

// Markdown checks a text of several lines: valid UTF-8, no NUL, no noncharacters, min to max bytes, a visible character
// among them where min is above 0. Bidi controls may be in it: quoted text in right-to-left scripts and code need them, and
// who shows Markdown isolates each block anyway, as HTML's elements do.
func Markdown(f *Fields, pointer, s string, minLen, maxLen int) {
	switch {
	case !utf8.ValidString(s):
		f.Add(pointer, "invalid_utf8", "must be valid UTF-8")
	case strings.ContainsRune(s, 0):
		f.Add(pointer, "invalid_character", "must not contain NUL")
	case len(s) < minLen || minLen > 0 && !has(s, visible):
		f.Add(pointer, "required", "must have at least one visible character")
	case len(s) > maxLen:
		f.Add(pointer, "too_long", "has %d bytes, at most %d are allowed", len(s), maxLen)
	case has(s, noncharacter):
		f.Add(pointer, "invalid_character", "must not contain noncharacters such as U+FFFE")
	}
}
