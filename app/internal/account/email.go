package account

import (
	"strings"
	"unicode"

	"golang.org/x/net/idna"
	"golang.org/x/text/unicode/norm"
)

// CleanEmail is the form in which an address is kept and shown: trimmed, NFC, lower case.
func CleanEmail(email string) string {
	return strings.ToLower(norm.NFC.String(strings.TrimSpace(email)))
}

// FoldEmail is the form in which addresses are compared: two addresses that fold alike are one account's.
//
// It never joins two mailboxes that may belong to different people, since an identity provider's word for one of them opens
// the account. Before the @ it is Unicode's simple case folding: Σ, σ and ς are one letter, and so are ß and ẞ; but ß is not
// ss, and the Turkish ı and İ are not i. Behind the @ it is the name that DNS is asked for (UTS #46, nontransitional), in
// which straße.example and strasse.example are two domains, as they are for the registries.
func FoldEmail(email string) string {
	email = norm.NFC.String(strings.TrimSpace(email))
	at := strings.LastIndexByte(email, '@')
	local, host := email[:max(at, 0)], email[max(at, 0):]
	return norm.NFC.String(strings.Map(foldRune, local)) + foldHost(host)
}

// foldRune is the one rune that stands for all that differ from r by case only: the first lower-case letter among them.
func foldRune(r rune) rune {
	least, letter := r, rune(-1)
	for c := r; ; {
		if least = min(least, c); unicode.IsLower(c) && (letter < 0 || c < letter) {
			letter = c
		}
		if c = unicode.SimpleFold(c); c == r {
			break
		}
	}
	if letter >= 0 {
		return letter
	}
	return least
}

// domainNames maps a name as UTS #46 says, and takes those that DNS knows and host names do not, such as a_b.example.
var domainNames = idna.New(idna.MapForLookup(), idna.Transitional(false), idna.StrictDomainName(false))

// foldHost folds the part of an address from its @ on. What is no domain name is folded by its letters.
func foldHost(host string) string {
	if name, found := strings.CutPrefix(host, "@"); found {
		if ascii, err := domainNames.ToASCII(name); err == nil {
			return "@" + ascii
		}
	}
	return norm.NFC.String(strings.Map(foldRune, host))
}
