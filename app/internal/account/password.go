package account

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"unicode"

	"golang.org/x/crypto/argon2"
	"golang.org/x/text/unicode/norm"

	"github.com/task-tracker/task-tracker/app/internal/apperr"
)

// argon2id with 19 MiB, two passes and one lane, as OWASP's Password Storage Cheat Sheet advises.
const (
	argonMemory  = 19 * 1024 // KiB
	argonTime    = 2
	argonThreads = 1
	argonSalt    = 16 // bytes
	argonKey     = 32 // bytes
)

// hashesAtOnce bounds parallel hashing: 19 MiB each, in a container of 512 MiB and a quarter of a CPU.
const hashesAtOnce = 2

// hasher hashes passwords, a few at a time.
type hasher struct {
	slots chan struct{}
	// dummy is what a password is compared with where there is no account, so that both take the same way.
	dummy string
	// derive is argon2.IDKey; tests count its calls.
	derive func(password, salt []byte, time, memory uint32, threads uint8, keyLen uint32) []byte
}

func newHasher() *hasher {
	h := &hasher{slots: make(chan struct{}, hashesAtOnce), derive: argon2.IDKey}
	h.dummy = encodePHC(make([]byte, argonSalt), make([]byte, argonKey))
	return h
}

// acquire waits for a turn. The caller must call release.
func (h *hasher) acquire(ctx context.Context) (release func(), err error) {
	select {
	case h.slots <- struct{}{}:
		return func() { <-h.slots }, nil
	case <-ctx.Done():
		return nil, apperr.Wrap(ctx.Err(), apperr.Unavailable, "Too many people are signing in right now. Try again shortly.")
	}
}

// PreparePassword is the form in which a password is hashed, so that it is the same from every keyboard: the mappings of RFC 8265's
// OpaqueString, by which other spaces are U+0020 and é is one character. Its refusals are left out: they depend on the
// version of Unicode, and would lock out a person whose emoji is newer than this program's tables.
func PreparePassword(password string) string {
	return norm.NFC.String(strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Zs, r) {
			return ' '
		}
		return r
	}, password))
}

// hash returns a new PHC string of the prepared password. It waits for a turn.
func (h *hasher) hash(ctx context.Context, password string) (string, error) {
	release, err := h.acquire(ctx)
	if err != nil {
		return "", err
	}
	defer release()
	salt := make([]byte, argonSalt)
	_, _ = rand.Read(salt) // never fails: it ends the program instead
	return encodePHC(salt, h.derive([]byte(PreparePassword(password)), salt, argonTime, argonMemory, argonThreads, argonKey)), nil
}

// matches compares a password with a PHC string, or, where that is empty, with nothing that it could match, in the same
// time: how many hashes a password that does not match takes depends on the password alone. It is tried as it is hashed now
// and, where that differs, as it was given, which is how hashes were made before passwords were prepared: stale says that it
// matched so. The caller holds a turn.
func (h *hasher) matches(phc, password string) (ok, stale bool, err error) {
	known := phc != ""
	if !known {
		phc = h.dummy
	}
	p, err := parsePHC(phc)
	if err != nil {
		return false, false, err
	}
	compare := func(form string) bool {
		key := h.derive([]byte(form), p.salt, p.time, p.memory, p.threads, uint32(len(p.key))) //nolint:gosec // G115: parsePHC bounds it
		return subtle.ConstantTimeCompare(key, p.key) == 1 && known
	}
	prepared := PreparePassword(password)
	switch {
	case compare(prepared):
		return true, false, nil
	case prepared != password && compare(password):
		return true, true, nil
	}
	return false, false, nil
}

type phc struct {
	memory, time uint32
	threads      uint8
	salt, key    []byte
}

// encodePHC writes the PHC string format, https://github.com/P-H-C/phc-string-format.
func encodePHC(salt, key []byte) string {
	e := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, argonMemory, argonTime, argonThreads, e.EncodeToString(salt), e.EncodeToString(key))
}

var errPHC = errors.New("account: the kept password hash is not an argon2id PHC string")

// parsePHC reads what encodePHC wrote, now or with other parameters.
func parsePHC(s string) (p phc, err error) {
	parts := strings.Split(s, "$")
	if len(parts) != 6 || parts[0] != "" || parts[1] != "argon2id" || parts[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return p, errPHC
	}
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &p.memory, &p.time, &p.threads); err != nil {
		return p, errPHC
	}
	e := base64.RawStdEncoding.Strict()
	salt, saltErr := e.DecodeString(parts[4])
	key, keyErr := e.DecodeString(parts[5])
	p.salt, p.key = salt, key
	switch {
	case saltErr != nil, keyErr != nil, len(salt) < 8, len(key) < 16, len(key) > 128:
		return p, errPHC
	case p.memory < 8, p.memory > 128*1024, p.time < 1, p.time > 16, p.threads < 1:
		return p, errPHC
	}
	return p, nil
}
