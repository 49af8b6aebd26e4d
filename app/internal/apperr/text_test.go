package apperr

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// codeOf is the field code of the one fault that a check found, or "".
func codeOf(t *testing.T, check func(f *Fields)) string {
	t.Helper()
	var f Fields
	check(&f)
	switch len(f) {
	case 0:
		return ""
	case 1:
		return f[0].Code
	}
	t.Fatalf("several faults: %v", f)
	return ""
}

// invisibles show nothing, alone or together.
var invisibles = map[string]string{
	"blank": " ", "tab": "\t", "line break": "\n", "no-break space": "\u00a0", "em space": "\u2003", "ideographic space": "\u3000",
	"zero width space": "\u200b", "ZWNJ": "\u200c", "ZWJ": "\u200d", "LRM": "\u200e", "RLM": "\u200f", "ALM": "\u061c",
	"word joiner": "\u2060", "invisible times": "\u2062", "byte order mark": "\ufeff", "braille blank": "\u2800",
	"Hangul choseong filler": "\u115f", "Hangul jungseong filler": "\u1160", "Hangul filler": "\u3164", "halfwidth Hangul filler": "\uffa0",
	"soft hyphen": "\u00ad", "combining grapheme joiner": "\u034f", "Mongolian vowel separator": "\u180e", "Khmer inherent vowel": "\u17b4",
	"variation selector 1": "\ufe00", "variation selector 16": "\ufe0f", "variation selector 17": "\U000e0100", "Mongolian selector": "\u180b",
	"language tag": "\U000e0001", "tag A": "\U000e0041", "reserved tag": "\U000e0fff", "null notehead": "\U0001d159", "begin beam": "\U0001d173",
	"shorthand overlap": "\U0001bca0", "bidi override": "\u202e", "isolate": "\u2066\u2069", "line separator": "\u2028",
	"many": "\u200b\u2800 \u3164\ufe0f\U000e0041",
}

func TestInvisibleTextsAreMissing(t *testing.T) {
	t.Parallel()
	for name, text := range invisibles {
		line := codeOf(t, func(f *Fields) { Line(f, "/x", text, 1, 10) })
		markdown := codeOf(t, func(f *Fields) { Markdown(f, "/x", text, 1, 100) })
		if line != "required" || markdown != "required" {
			t.Errorf("%s: as a line %q, as Markdown %q; want required", name, line, markdown)
		}
		for _, r := range text {
			if Visible(r) {
				t.Errorf("%s: %U is visible", name, r)
			}
		}
		if code := codeOf(t, func(f *Fields) { Markdown(f, "/x", text, 0, 100) }); code != "" {
			t.Errorf("%s: as Markdown that may be empty: %q", name, code)
		}
	}
}

func TestLine(t *testing.T) {
	t.Parallel()
	want := map[string]string{
		// What people write.
		"Rotate it": "", "支払い期限": "", "Żółć": "", "e\u0301": "", "👩\u200d👩\u200d👧\u200d👦": "", "❤\ufe0f": "", "می\u200cخواهم": "",
		"🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f": "", "שלום\u200f!": "", "\u200eabc": "", "\u061cسلام": "", "a\u00adb": "",
		"\u0600": "", "\ue000": "", "\U0010fffd": "", "\u0378": "", "\ufffd": "", "\u0301": "", "x\u200b": "", "1234567890": "",
		// What is refused.
		"": "required", "12345678901": "too_long", "a\tb": "invalid_character", "a\u0085b": "invalid_character", "a\u2028b": "invalid_character",
		"a\u2029b": "invalid_character", "a\x7fb": "invalid_character", "a\xff": "invalid_utf8", "a\ufffeb": "invalid_character",
		"a\uffff": "invalid_character", "a\ufdd0": "invalid_character", "a\U0001fffe": "invalid_character", "a\U0010ffff": "invalid_character",
		"txt.\u202eexe": "bidi_control", "a\u202ab": "bidi_control", "a\u202cb": "bidi_control", "a\u2066b": "bidi_control", "a\u2069": "bidi_control",
	}
	got := map[string]string{}
	for text := range want {
		got[text] = codeOf(t, func(f *Fields) { Line(f, "/x", text, 1, 10) })
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error("(-want +got):\n", diff)
	}
	if code := codeOf(t, func(f *Fields) { Line(f, "/x", "", 0, 10) }); code != "" {
		t.Errorf("an empty text that may be: %q", code)
	}
}

func TestMarkdown(t *testing.T) {
	t.Parallel()
	want := map[string]string{
		"": "required", "a\n\tb\r\n": "", "a\x00": "invalid_character", "a\xff": "invalid_utf8", "a\ufffe": "invalid_character",
		"\u202eabc\u202c \u2067שלום\u2069": "", "a\u2028b": "", strings.Repeat("é", 50): "", strings.Repeat("é", 50) + "x": "too_long", "\x1b[0m": "",
	}
	got := map[string]string{}
	for text := range want {
		got[text] = codeOf(t, func(f *Fields) { Markdown(f, "/x", text, 1, 100) })
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error("(-want +got):\n", diff)
	}
}

// The table costs little: a title is checked once a request, and a description of 64 KiB in some hundred microseconds.
func BenchmarkTexts(b *testing.B) {
	for name, text := range map[string]string{"ascii": strings.Repeat("Rotate the keys ", 30), "japanese": strings.Repeat("支払い期限", 96)} {
		b.Run("line/"+name, func(b *testing.B) {
			for b.Loop() {
				var f Fields
				Line(&f, "/title", text, 1, 500)
			}
		})
		long := strings.Repeat(text, 65536/len(text))
		b.Run("markdown/"+name, func(b *testing.B) {
			for b.Loop() {
				var f Fields
				Markdown(&f, "/body", long, 1, 65536)
			}
		})
	}
}
