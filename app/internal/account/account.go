package account

import (
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/task-tracker/task-tracker/app/internal/apperr"
	"github.com/task-tracker/task-tracker/app/internal/cond"
)

// Limits of what an account holds.
const (
	MaxNameLen     = 200 // characters
	MaxEmailLen    = 254 // characters
	MinPasswordLen = 10  // characters
	MaxPasswordLen = 200 // characters
)

// AccountKind tells people from programs.
type AccountKind string

// The kinds of accounts, as they are stored.
const (
	KindPerson  AccountKind = "person"
	KindService AccountKind = "service"
)

// Account is a person, or a program that a workspace has an account for.
type Account struct {
	ID   uuid.UUID
	Kind AccountKind
	// Email is in lower case, and unique by [FoldEmail]; empty for a service account.
	Email string
	Name  string
	// InstanceOwner is set for the one account that set the instance up.
	InstanceOwner bool
	CreatedAt     time.Time
	UpdatedAt     time.Time
	Version       int64
}

// Credentials are an account with its password, as a PHC string; empty for an account that signs in elsewhere.
type Credentials struct {
	Account
	PasswordHash string
}

// SignupInput is what a person gives to get an account.
type SignupInput struct {
	Email    string
	Password string
	// Name may be empty where an invitation opens an account that has one.
	Name string
	// InvitationToken lets a person in where signing up is closed, and makes them a member at once; optional.
	InvitationToken string
	// BootstrapToken is the secret that lets the first person in from elsewhere than this machine; optional.
	BootstrapToken string
}

// Validate checks the fields: validation_failed, naming all faults.
func (in SignupInput) Validate() error {
	var f apperr.Fields
	checkEmail(&f, "/email", in.Email)
	checkPassword(&f, "/password", in.Password)
	if in.Name != "" || in.InvitationToken == "" {
		apperr.Line(&f, "/name", in.Name, 1, MaxNameLen)
	}
	return f.Err()
}

// SignupContext is what the server knows of a request to sign up.
type SignupContext struct {
	// Loopback is set when the request comes straight from this machine to a server that only this machine can reach.
	Loopback bool
	// Client is where the session begins.
	Client Client
}

// Patch changes an account; nil fields stay.
type Patch struct {
	Name     *string
	Email    *string
	Password *string
	// CurrentPassword proves that it is the person who changes the password, and not whoever found their token.
	CurrentPassword *string
	// IfVersion accepts the versions that the caller may have seen; nil disables the check.
	IfVersion cond.Versions
}

// Validate checks the fields that are present: validation_failed, naming all faults.
func (in Patch) Validate() error {
	var f apperr.Fields
	if in.Name != nil {
		apperr.Line(&f, "/name", *in.Name, 1, MaxNameLen)
	}
	if in.Email != nil {
		checkEmail(&f, "/email", *in.Email)
	}
	if in.Password != nil {
		checkPassword(&f, "/password", *in.Password)
	}
	return f.Err()
}

// ValidEmail reports whether s looks like an address: one @ with something before and a host after it, visible characters only,
// at most MaxEmailLen characters. Whether mail arrives there is nothing that syntax can tell (RFC 5321 allows far more
// than anyone uses, and nothing here sends mail).
func ValidEmail(s string) bool {
	clean, folded := CleanEmail(s), FoldEmail(s)
	local, host, found := strings.Cut(folded, "@")
	switch {
	case !utf8.ValidString(s), utf8.RuneCountInString(s) > MaxEmailLen, utf8.RuneCountInString(clean) > MaxEmailLen, utf8.RuneCountInString(folded) > MaxEmailLen:
		return false
	case !found, local == "", host == "", strings.Contains(host, "@"):
		return false
	case strings.HasPrefix(host, "."), strings.HasSuffix(host, "."), strings.Contains(host, ".."):
		return false
	}
	return !strings.ContainsFunc(clean+folded, func(r rune) bool {
		return !unicode.IsGraphic(r) || !apperr.Visible(r) || strings.ContainsRune(`<>(),;:\"[]`, r)
	})
}

func checkEmail(f *apperr.Fields, pointer, s string) {
	switch {
	case s == "":
		f.Add(pointer, "required", "must not be empty")
	case !ValidEmail(s):
		f.Add(pointer, "invalid_email", "must be an e-mail address such as ada@example.com, at most %d characters long", MaxEmailLen)
	}
}

// checkPassword counts the characters of a password as it is hashed.
func checkPassword(f *apperr.Fields, pointer, s string) {
	switch n := utf8.RuneCountInString(PreparePassword(s)); {
	case !utf8.ValidString(s):
		f.Add(pointer, "invalid_utf8", "must be valid UTF-8")
	case n < MinPasswordLen:
		f.Add(pointer, "too_short", "has %d characters, at least %d are needed", n, MinPasswordLen)
	case n > MaxPasswordLen:
		f.Add(pointer, "too_long", "has %d characters, at most %d are allowed", n, MaxPasswordLen)
	}
}

// checkLogin refuses what cannot be an account's e-mail or password, before anything costly is done with it.
func checkLogin(email, password string) error {
	var f apperr.Fields
	for _, field := range []struct {
		pointer, text, kept string
		maxLen              int
	}{{"/email", email, CleanEmail(email), MaxEmailLen}, {"/password", password, PreparePassword(password), MaxPasswordLen}} {
		switch {
		case field.text == "":
			f.Add(field.pointer, "required", "must not be empty")
		case min(utf8.RuneCountInString(field.text), utf8.RuneCountInString(field.kept)) > field.maxLen:
			f.Add(field.pointer, "too_long", "has more than %d characters", field.maxLen)
		}
	}
	return f.Err()
}
