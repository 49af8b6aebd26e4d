package project

import (
	"encoding/json"
	"regexp"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/uuid"
	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"

	"github.com/task-tracker/task-tracker/app/internal/apperr"
	"github.com/task-tracker/task-tracker/app/internal/cond"
)

// Limits of what a project may hold. Text is counted in characters, a description in bytes.
const (
	MaxName        = 200
	MaxDescription = 65536
	MaxStatuses    = 50
	MaxLabels      = 500
	MaxStatusName  = 100
	MaxLabelName   = 100
	// MaxPosition is the greatest position of a status and -MaxPosition the least: the integers that JSON carries safely.
	MaxPosition = 1<<53 - 1
	// PositionStep lies between two statuses, so that another fits in between.
	PositionStep = 1024

	// maxFold is the room for a folded name in its column, in characters, and maxFoldJSON that in a list's cursor, in bytes of
	// JSON: folding can lengthen a name, up to three times.
	maxFold     = 200
	maxFoldJSON = 720
)

var keyPattern = regexp.MustCompile(`^[A-Z][A-Z0-9]{1,9}$`)

// Project is a collection of tasks in a workspace.
type Project struct {
	ID          uuid.UUID
	WorkspaceID uuid.UUID
	// Key is 2 to 10 upper-case letters and digits, unique in the workspace; it never changes.
	Key  string
	Name string
	// Description is Markdown.
	Description string
	// Archived projects are read-only below themselves.
	Archived  bool
	CreatedAt time.Time
	UpdatedAt time.Time
	Version   int64
}

// Validate checks all that a client can set and names every fault at once: validation_failed.
func (v Project) Validate() error {
	var f apperr.Fields
	if !keyPattern.MatchString(v.Key) {
		f.Add("/key", "invalid_format", "must be 2 to 10 upper-case letters and digits, a letter first")
	}
	apperr.Line(&f, "/name", v.Name, 1, MaxName)
	apperr.Markdown(&f, "/description", v.Description, 0, MaxDescription)
	return f.Err()
}

// Writable is nil, or project_archived: to be asked before anything below the project changes.
func (v Project) Writable() error {
	if v.Archived {
		return apperr.New(apperr.ProjectArchived, "The project %s is archived: nothing in it can change. Take it out of the archive first.", v.Key)
	}
	return nil
}

// Fold is the form in which names are compared: two names that fold alike are the same. It is Unicode's full case folding
// of canonically equivalent text (D145), whatever the language: ΟΔΟΣ is οδος, STRASSE is straße, and of the Turkish
// letters ı and İ are not i. What differs in more than case, as m² and m2, differs.
func Fold(name string) string {
	return norm.NFC.String(cases.Fold().String(strings.Map(upperCherokee, norm.NFD.String(strings.TrimSpace(name)))))
}

// upperCherokee makes capitals of small Cherokee letters: package cases folds each of the two to the other one.
func upperCherokee(r rune) rune {
	if unicode.Is(unicode.Cherokee, r) {
		return unicode.ToUpper(r)
	}
	return r
}

// validateName checks a name that must be unique under its folded form.
func validateName(f *apperr.Fields, name string, longest int) {
	apperr.Line(f, "/name", name, 1, longest)
	if utf8.RuneCountInString(name) > longest {
		return
	}
	folded := Fold(name)
	if encoded, err := json.Marshal(folded); err != nil || utf8.RuneCountInString(folded) > maxFold || len(encoded) > maxFoldJSON {
		f.Add("/name", "too_long", "has too many characters once its case is folded")
	}
}

// checkVersion compares the versions that a client may have seen with the current one.
func checkVersion(seen cond.Versions, current int64) error {
	if !seen.Accepts(current) {
		return apperr.New(apperr.PreconditionFailed, "The object was changed meanwhile: it is at version %d now. Read it again.", current)
	}
	return nil
}

// set puts a patch's value in place where the patch has one.
func set[T any](dst, patch *T) {
	if patch != nil {
		*dst = *patch
	}
}
