package store

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/google/uuid"
	"golang.org/x/text/unicode/norm"
)

// Full-text search means the same on both engines because the words are found here and not by them: a word is a run of
// letters, digits and marks, folded to lower case, of three characters or more. A word is stored as plain ASCII behind
// an x, so that no engine takes it for a stop word or splits it. There are no stop words; a query's words match as
// prefixes, and all must match.

const (
	minWord     = 3  // characters; shorter words are neither stored nor asked for
	maxWordSize = 80 // bytes of a stored word; InnoDB ignores words over 84
	hexDigits   = "0123456789abcdef"
)

// searchWords lists the stored form of the distinct words in texts, sorted.
func searchWords(texts ...string) []string {
	var words []string
	for _, text := range texts {
		folded := strings.ToLower(norm.NFKC.String(text))
		for word := range strings.FieldsFuncSeq(folded, func(r rune) bool { return !unicode.In(r, unicode.L, unicode.N, unicode.M) }) {
			if w := storedWord(word); w != "" {
				words = append(words, w)
			}
		}
	}
	slices.Sort(words)
	return slices.Compact(words)
}

// storedWord writes a folded word with the characters a–z and 0–9 only, so that a prefix of the word is a prefix of
// what is stored: other bytes become q and two hex digits, and q itself becomes qq. It is empty for short words.
func storedWord(word string) string {
	runes := 0
	for range word {
		runes++
	}
	if runes < minWord {
		return ""
	}
	b := make([]byte, 1, len(word)+1)
	b[0] = 'x'
	for i := range len(word) {
		var unit []byte
		switch c := word[i]; {
		case c == 'q':
			unit = []byte{'q', 'q'}
		case c >= 'a' && c <= 'z', c >= '0' && c <= '9':
			unit = []byte{c}
		default:
			unit = []byte{'q', hexDigits[c>>4], hexDigits[c&15]}
		}
		if len(b)+len(unit) > maxWordSize {
			break
		}
		b = append(b, unit...)
	}
	return string(b)
}

// searchDoc is what task_search.doc holds for a task with these texts: title, description, comments, checklist.
func searchDoc(texts ...string) string { return strings.Join(searchWords(texts...), " ") }

// SearchDoc is searchDoc for programs that fill the tables themselves.
func SearchDoc(texts ...string) string { return searchDoc(texts...) }

// matchQuery turns what a user typed into the engine's query for all words by prefix; empty where no word is long enough.
func (d *dialect) matchQuery(q string) string {
	var b strings.Builder
	for _, w := range searchWords(q) {
		if d.engine == MySQL {
			fmt.Fprintf(&b, "+%s* ", w)
		} else {
			fmt.Fprintf(&b, `"%s"* `, w)
		}
	}
	return strings.TrimSuffix(b.String(), " ")
}

// HasSearchWord reports whether a query has a word that is long enough to be looked for.
func HasSearchWord(q string) bool { return len(searchWords(q)) > 0 }

const (
	insertSearchSQL = `INSERT INTO task_search (task_id, workspace_id, project_id, doc) VALUES (?, ?, ?, ?)`
	lockSearchSQL   = `SELECT doc FROM task_search WHERE task_id = ? {FOR UPDATE}`
	updateSearchSQL = `UPDATE task_search SET doc = ? WHERE task_id = ?`
	searchTextsSQL  = `SELECT title FROM tasks WHERE id = ? UNION ALL SELECT description FROM tasks WHERE id = ? UNION ALL SELECT body FROM comments WHERE task_id = ?
UNION ALL SELECT text FROM checklist_items WHERE task_id = ?`
)

// reindexTask makes a task's search document anew from title, description, comments and checklist, as the transaction sees them.
// It locks the document first, so that two comments at once do not lose each other's words. It holds one text at a time.
func reindexTask(ctx context.Context, tx *Tx, taskID uuid.UUID) error {
	have, err := lockSearch(ctx, tx, taskID)
	if err != nil {
		return err
	}
	var words []string
	err = tx.each(ctx, "search.texts", searchTextsSQL, func(row scanner) error {
		var text string
		if err := row.Scan(&text); err != nil {
			return err
		}
		words = mergeWords(words, searchWords(text))
		return nil
	}, taskID[:], taskID[:], taskID[:], taskID[:])
	if err != nil {
		return err
	}
	return writeSearch(ctx, tx, taskID, have, words)
}

// extendIndex adds the words of a new text to a task's search document.
func extendIndex(ctx context.Context, tx *Tx, taskID uuid.UUID, text string) error {
	have, err := lockSearch(ctx, tx, taskID)
	if err != nil {
		return err
	}
	return writeSearch(ctx, tx, taskID, have, mergeWords(strings.Fields(have), searchWords(text)))
}

// mergeWords is the sorted union of two sorted lists.
func mergeWords(a, b []string) []string {
	all := slices.Concat(a, b)
	slices.Sort(all)
	return slices.Compact(all)
}

func lockSearch(ctx context.Context, tx *Tx, taskID uuid.UUID) (string, error) {
	return one(ctx, tx.conn, "search.lock", lockSearchSQL, func(row scanner) (doc string, err error) { return doc, row.Scan(&doc) }, taskID[:])
}

func writeSearch(ctx context.Context, tx *Tx, taskID uuid.UUID, have string, words []string) error {
	doc := strings.Join(words, " ")
	if doc == have {
		return nil
	}
	_, err := tx.exec(ctx, "search.update", updateSearchSQL, doc, taskID[:])
	return err
}
