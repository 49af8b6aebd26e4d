package seed

import (
	"math/rand/v2"
	"strings"
)

var (
	verbs = strings.Fields(`Rotate Fix Review Update Migrate Remove Document Measure Automate Replace Investigate Simplify Test Monitor Deploy
Refactor Archive Restore Validate Upgrade Split Merge Rename Schedule Audit Encrypt Cache Throttle Translate Redesign Verify Clean Announce Estimate`)
	things = strings.Fields(`keys certificates backups invoices reports dashboards queries indexes credentials webhooks tokens notifications
attachments filters permissions migrations logs alerts queues workers sessions exports imports templates labels reminders passwords timeouts
retries pipelines containers replicas snapshots budgets contracts releases screens translations surveys calendars`)
	places = strings.Fields(`staging production billing onboarding search checkout the-mobile-app the-gateway the-scheduler support finance
the-data-warehouse the-mail-service the-admin-console identity reporting the-public-site the-partner-portal`)
	kinds      = strings.Fields(`expired slow flaky duplicate unused broken nightly legacy internal public signed missing stale weekly failing shared new old`)
	firstNames = strings.Fields(`Ada Mina Jonas Priya Tomas Ingrid Kwame Elena Ravi Sofia Lukas Amara Diego Hana Pavel Noor Felix Yuki Clara Omar
Greta Ivan Leila Marco Nadia Oscar Petra Quentin Rosa Stefan Tara Ugo Vera Walid Xenia Yara Zoltan Bruno Celia Dario Edda Fatou Goran Hilde Ines
Janek Kaya Lena Milan Nora`)
	lastNames = strings.Fields(`Okafor Lindqvist Moreau Tanaka Novak Silva Hartmann Banerjee Costa Petrov Yilmaz Fischer Haddad Kowalski Rossi
Nguyen Larsen Mendes Popescu Dubois`)
	labelNames = strings.Fields(`bug feature security performance documentation customer infrastructure design regression debt compliance research`)
	colors     = strings.Fields(`#d73a4a #1f6feb #b60205 #fbca04 #0075ca #5319e7 #006b75 #d4c5f9 #e99695 #795548 #0e8a16 #c5def5`)
	syllables  = strings.Fields(`ba ker lo min tor ves dra pol sen ti ran gu mel cor fa nis ter ol qua ber len dis pro con sta vel mar ick ost und`)
	common     = strings.Fields(`the and for with when after that from this into should until because every before again since users server
database request customer team error change value list record update failed time data page field result service account version response number
system state check report order event message queue state cache limit index table option setting record review branch release deploy metric`)
)

// vocabulary is the words of descriptions, the most frequent first.
func vocabulary(r *rand.Rand, size int) []string {
	words := append(make([]string, 0, size), common...)
	for len(words) < size {
		var b strings.Builder
		for range 2 + r.IntN(3) {
			b.WriteString(syllables[r.IntN(len(syllables))])
		}
		words = append(words, b.String())
	}
	return words
}

// writer writes texts.
type writer struct {
	r     *rand.Rand
	words []string
	rare  []string // those that are not common
	zipf  *rand.Zipf
	buf   []byte
}

func newWriter(r *rand.Rand) *writer {
	const size = 4000
	words := vocabulary(r, size)
	return &writer{r: r, words: words, rare: words[len(common):], zipf: rand.NewZipf(r, 1.1, 4, size-1)}
}

func (w *writer) pick(from []string) string { return from[w.r.IntN(len(from))] }

func (w *writer) title() string {
	s := w.pick(verbs) + " the " + w.pick(kinds) + " " + w.rare[w.zipf.Uint64()%uint64(len(w.rare))] + " " + w.pick(things)
	if w.r.IntN(3) > 0 {
		s += " of " + strings.ReplaceAll(w.pick(places), "-", " ")
	}
	return s
}

// text is sentences of so many words in all.
func (w *writer) text(words int) string {
	w.buf = w.buf[:0]
	left := 0
	for n := range words {
		word := w.words[w.zipf.Uint64()]
		switch {
		case left > 0:
			w.buf = append(append(w.buf, ' '), word...)
		default:
			if n > 0 {
				w.buf = append(w.buf, ". "...)
				if w.r.IntN(6) == 0 {
					w.buf = append(w.buf, "\n\n- "...)
				}
			}
			w.buf = append(append(w.buf, word[0]-'a'+'A'), word[1:]...)
			left = 6 + w.r.IntN(10)
		}
		left--
	}
	return string(append(w.buf, '.'))
}
