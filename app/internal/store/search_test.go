package store

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestSearchWords(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"Rotate the KEYS":        "xkeys xrotate xthe",
		"a an abc":               "xabc",
		"quick quiz":             "xqquick xqquiz",
		"don't re-use x_y_zed":   "xdon xuse xzed",
		"naïve":                  "xnaqc3qafve",
		"ﬁne ＡＢＣ":                "xabc xfine", // compatibility forms fold
		"keys keys keys":         "xkeys",
		"日本語":                    "xqe6q97qa5qe6q9cqacqe8qaaq9e",
		"":                       "",
		`"+key* -(other) @5 ~<>`: "xkey xother",
	} {
		if got := searchDoc(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func FuzzSearchWords(f *testing.F) {
	for _, s := range []string{"Rotate the keys", "naïve", strings.Repeat("q", 200), "\xff\xfe", "日本語", "a\u0301bc"} {
		f.Add(s)
	}
	mysql := newDialect(MySQL)
	f.Fuzz(func(t *testing.T, s string) {
		for _, w := range searchWords(s) {
			if len(w) > maxWordSize || w[0] != 'x' {
				t.Errorf("%q: word %q", s, w)
			}
			for _, c := range w {
				if (c < 'a' || c > 'z') && (c < '0' || c > '9') {
					t.Errorf("%q: word %q has %q", s, w, c)
				}
			}
		}
		if !utf8.ValidString(mysql.matchQuery(s)) {
			t.Errorf("%q: query %q", s, mysql.matchQuery(s))
		}
		if searchDoc(s) != searchDoc(s, s) {
			t.Errorf("%q: words are not a set", s)
		}
	})
}
