package account

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/task-tracker/task-tracker/app/internal/auth"
)

func TestSecret(t *testing.T) {
	t.Parallel()
	a, b := NewSecret(TokenPrefix), NewSecret(TokenPrefix)
	if a.Text == b.Text || !strings.HasPrefix(a.Text, "tt_") || len(a.Text) != 3+secretDigits {
		t.Fatalf("%q, %q", a.Text, b.Text)
	}
	hash, ok := HashSecret(TokenPrefix, a.Text)
	if !ok || hash != a.Hash {
		t.Fatal("a new secret is not recognised")
	}
	if _, ok := HashSecret(InvitationPrefix, InvitationPrefix+strings.TrimPrefix(a.Text, TokenPrefix)); ok {
		t.Error("a token passes for an invitation")
	}
	for _, bad := range []string{"", "tt_", a.Text[:len(a.Text)-1], a.Text + "0", strings.ToUpper(a.Text), "tt_-" + a.Text[4:], "tt_" + strings.Repeat("z", secretDigits)} {
		if _, ok := HashSecret(TokenPrefix, bad); ok {
			t.Errorf("%q is taken for a token", bad)
		}
	}
}

func TestSecretChecksumFindsAnyOneWrongDigit(t *testing.T) {
	t.Parallel()
	const digits = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	rapid.Check(t, func(rt *rapid.T) {
		text := []byte(NewSecret(TokenPrefix).Text)
		at := rapid.IntRange(3, len(text)-1).Draw(rt, "at")
		digit := digits[rapid.IntRange(0, len(digits)-1).Draw(rt, "digit")]
		if digit == text[at] {
			return
		}
		text[at] = digit
		if _, ok := HashSecret(TokenPrefix, string(text)); ok {
			rt.Fatalf("%s is taken for a token", text)
		}
	})
}

func FuzzHashSecret(f *testing.F) {
	f.Add("tt_" + strings.Repeat("0", secretDigits))
	f.Add(NewSecret(TokenPrefix).Text)
	f.Fuzz(func(_ *testing.T, text string) { HashSecret(TokenPrefix, text) })
}

func TestValidEmail(t *testing.T) {
	t.Parallel()
	for _, good := range []string{"ada@example.com", " Ada@Example.COM ", "a@b", "ada+x@münchen.example", "o'neill@example.com"} {
		if !ValidEmail(good) {
			t.Errorf("%q is refused", good)
		}
	}
	long := strings.Repeat("a", MaxEmailLen-len("@b.c"))
	if !ValidEmail(long+"@b.c") || ValidEmail(long+"a@b.c") {
		t.Error("the limit on the length does not hold")
	}
	for _, bad := range []string{"", "@", "ada", "ada@", "@example.com", "a@b@c", "a b@c", "a@b..c", "a@.b", "a@b.", "a\x00@b", "a@b\n", "<a@b>", "a@b,c@d", "\xff@b", "a@\u200b"} {
		if bad == "a@b\n" {
			continue // white space around is trimmed
		}
		if ValidEmail(bad) {
			t.Errorf("%q passes", bad)
		}
	}
	if got := CleanEmail(" A\u030aDA@Example.Com"); got != "åda@example.com" {
		t.Errorf("kept as %q", got)
	}
}

func TestFoldEmail(t *testing.T) {
	t.Parallel()
	for a, b := range map[string]string{
		" ÅDA@Example.Com": "a\u030ada@example.com", "ΟΔΟΣ@example.gr": "οδος@example.gr", "οδος@example.gr": "οδοσ@EXAMPLE.gr",
		"STRAẞE@example.de": "straße@example.de", "ada@münchen.example": "ADA@xn--mnchen-3ya.example", "ada@ΟΔΟΣ.gr": "ada@οδοσ.gr",
		"\u212aim@example.com": "kim@example.com", "Ꭰ@example.com": "ꭰ@example.com", "no address": "NO ADDRESS",
	} {
		if FoldEmail(a) != FoldEmail(b) {
			t.Errorf("%q and %q fold to %q and %q", a, b, FoldEmail(a), FoldEmail(b))
		}
	}
	// Mailboxes that may be two people's.
	for a, b := range map[string]string{
		"straße@example.de": "strasse@example.de", "anna@straße.example": "anna@strasse.example", "anna@οδος.example": "anna@οδοσ.example",
		"ılhan@example.com": "ilhan@example.com", "İlhan@example.com": "ilhan@example.com", "ada@example.com": "åda@example.com",
	} {
		if FoldEmail(a) == FoldEmail(b) {
			t.Errorf("%q and %q both fold to %q", a, b, FoldEmail(a))
		}
	}
	rapid.Check(t, func(rt *rapid.T) {
		s := rapid.String().Draw(rt, "address")
		if folded := FoldEmail(s); FoldEmail(folded) != folded && ValidEmail(s) {
			rt.Fatalf("%q folds to %q, and then to %q", s, folded, FoldEmail(folded))
		}
	})
}

func TestPHC(t *testing.T) {
	t.Parallel()
	salt, key := bytes.Repeat([]byte{1}, argonSalt), bytes.Repeat([]byte{2}, argonKey)
	text := encodePHC(salt, key)
	if !strings.HasPrefix(text, "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Errorf("got %s", text)
	}
	p, err := parsePHC(text)
	if err != nil || p.memory != argonMemory || p.time != argonTime || p.threads != argonThreads || !bytes.Equal(p.salt, salt) || !bytes.Equal(p.key, key) {
		t.Errorf("got %+v, %v", p, err)
	}
	for _, bad := range []string{
		"", "$2b$10$abc", strings.Replace(text, "argon2id", "argon2i", 1), strings.Replace(text, "m=19456", "m=999999999", 1),
		strings.Replace(text, "t=2", "t=0", 1), strings.Replace(text, "v=19", "v=16", 1), text + "$", text[:len(text)-30],
	} {
		if _, err := parsePHC(bad); err == nil {
			t.Errorf("%q passes", bad)
		}
	}
}

func TestCacheIsNotFilledWithWhatWasDroppedMeanwhile(t *testing.T) {
	t.Parallel()
	c, now := newCache(4), time.Now()
	p := auth.Principal{TokenID: uuid.New(), AccountID: uuid.New()}
	e := cached{principal: p, until: now.Add(time.Second)}

	before := c.begin()
	c.dropToken(p.TokenID) // while the look-up was under way
	c.put([32]byte{1}, e, before)
	if _, ok := c.get([32]byte{1}, now); ok {
		t.Error("a revoked token came back")
	}
	c.put([32]byte{1}, e, c.begin())
	if _, ok := c.get([32]byte{1}, now); !ok {
		t.Error("not kept")
	}
	if _, ok := c.get([32]byte{1}, e.until); ok {
		t.Error("kept too long")
	}
	c.dropAccount(p.AccountID)
	if _, ok := c.get([32]byte{1}, now); ok {
		t.Error("not dropped")
	}
}

func TestBackoffPausesGrowAndEnd(t *testing.T) {
	t.Parallel()
	b, now := newBackoff(8), time.Now()
	last := time.Duration(0)
	for i := range 40 {
		pause := b.pause("ada@example.com", now)
		if i < freeFailures && pause != 0 {
			t.Fatalf("a pause of %s after %d failures", pause, i)
		}
		if pause < last && pause != maxPause || pause > maxPause {
			t.Fatalf("a pause of %s after %d failures, %s before", pause, i, last)
		}
		last = pause
		now = now.Add(pause)
		b.failed("ada@example.com", now)
	}
	if last != maxPause {
		t.Errorf("the pause ends at %s", last)
	}
	if b.pause("grace@example.com", now) != 0 {
		t.Error("another e-mail is slowed down")
	}
	if b.pause("ada@example.com", now.Add(forgetAfter)) != 0 {
		t.Error("failures are never forgotten")
	}
	b.succeeded("ada@example.com")
	if b.pause("ada@example.com", now) != 0 {
		t.Error("success does not end the pause")
	}
}

func TestScopesOfClaims(t *testing.T) {
	t.Parallel()
	standard := OIDCOptions{Issuer: "https://issuer.example"}
	mapped := standard
	mapped.Scopes = map[auth.Scope][]string{auth.ScopeRead: {"api://x/read", "Tasks.Read"}, auth.ScopeWrite: {"api://x/write"}}
	lenient := mapped
	lenient.DefaultScopes = []auth.Scope{auth.ScopeRead}
	roles := standard
	roles.ScopeClaims = []string{"scope", "scp", "roles"}
	for _, c := range []struct {
		options      OIDCOptions
		claims, want string
	}{
		{standard, `{}`, ""},
		{standard, `{"scope": null}`, ""},
		{standard, `{"scope": ""}`, ""},
		{standard, `{"scope": "openid profile"}`, ""},
		{standard, `{"scope": "READ"}`, ""},
		{standard, `{"scope": "api://x/read"}`, ""},
		{standard, `{"scope": "openid read"}`, "read"},
		{standard, `{"scp": "write read"}`, "read write"},
		{standard, `{"scp": ["admin"]}`, "admin"},
		{standard, `{"scp": []}`, ""},
		{standard, `{"scope": "read", "scp": ["write"]}`, "read write"},
		{standard, `{"roles": ["read"]}`, ""},
		{roles, `{"roles": ["read"]}`, "read"},
		{standard, `{"scp": ["read write"]}`, ""},
		// what is not a claim of scopes grants nothing, not even by the words that it has
		{standard, `{"scope": 7}`, ""},
		{standard, `{"scope": true}`, ""},
		{standard, `{"scope": {"read": true}}`, ""},
		{standard, `{"scp": ["read", 5]}`, ""},
		{standard, `{"scp": [["read"]]}`, ""},
		{standard, `{"scp": ["read", null]}`, ""},
		{mapped, `{"scope": "read write admin"}`, ""},
		{mapped, `{"scope": "api://x/write"}`, "write"},
		{mapped, `{"scp": "Tasks.Read User.Read"}`, "read"},
		{lenient, `{"scp": "User.Read"}`, "read"},
		{lenient, `{"scp": [5]}`, "read"},
		{lenient, `{"scope": "api://x/write"}`, "write"},
	} {
		var claims map[string]any
		if err := json.Unmarshal([]byte(c.claims), &claims); err != nil {
			t.Fatal(err)
		}
		var words []string
		for _, s := range NewOIDC(c.options).scopes(claims) {
			words = append(words, string(s))
		}
		if got := strings.Join(words, " "); got != c.want {
			t.Errorf("%s: got %q, want %q", c.claims, got, c.want)
		}
	}
}

func TestVerifiedEmailOfClaims(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ setting, claims, email, fault string }{
		{"", `{"email": "a@b.example", "email_verified": true}`, "a@b.example", ""},
		{"", `{"email": "a@b.example", "email_verified": "true"}`, "a@b.example", ""},
		{"", `{"email": "a@b.example"}`, "", `"email_verified"`},
		{"", `{"email": "a@b.example", "xms_edov": true}`, "", `no claim "email_verified"`},
		{"", `{"email": "a@b.example", "email_verified": false}`, "", `"email_verified" does not say`},
		{"", `{"email": "a@b.example", "email_verified": ["true"]}`, "", `"email_verified" does not say`},
		{"", `{"email_verified": true}`, "", `no claim "email"`},
		{"", `{"email": 5, "email_verified": true}`, "", `no claim "email"`},
		{"", `{"email": "nobody", "email_verified": true}`, "", `not an e-mail address`},
		{"xms_edov", `{"email": "a@b.example", "xms_edov": true}`, "a@b.example", ""},
		{"xms_edov", `{"email": "a@b.example", "xms_edov": "1"}`, "a@b.example", ""},
		{"xms_edov", `{"email": "a@b.example", "xms_edov": 1}`, "a@b.example", ""},
		{"xms_edov", `{"email": "a@b.example", "xms_edov": 0}`, "", `"xms_edov" does not say`},
		{"xms_edov", `{"email": "a@b.example", "xms_edov": 2}`, "", `"xms_edov" does not say`},
		{"xms_edov", `{"email": "a@b.example", "email_verified": true}`, "", `no claim "xms_edov"`},
		{EmailTrusted, `{"email": "a@b.example"}`, "a@b.example", ""},
		{EmailTrusted, `{"email": "a@b.example", "email_verified": false}`, "a@b.example", ""},
		{EmailTrusted, `{}`, "", `no claim "email"`},
	} {
		var claims map[string]any
		if err := json.Unmarshal([]byte(c.claims), &claims); err != nil {
			t.Fatal(err)
		}
		email, fault := NewOIDC(OIDCOptions{Issuer: "https://issuer.example", EmailVerified: c.setting}).email(claims)
		if email != c.email || (fault == "") != (c.fault == "") || !strings.Contains(fault, c.fault) {
			t.Errorf("%s by %q: got %q, %q", c.claims, c.setting, email, fault)
		}
	}
}
