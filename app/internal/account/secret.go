package account

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"hash/crc32"
	"math/big"
	"strings"
)

// Prefixes of secrets, so that people and secret scanners know what they look at.
const (
	TokenPrefix      = "tt_"
	InvitationPrefix = "tti_"
)

// A secret is its prefix and 49 base62 digits: 32 random bytes and the CRC-32 of prefix and bytes, as one number. The
// checksum tells a mistyped or cut secret from a wrong one without asking the database.
const (
	secretBytes  = 32
	secretDigits = 49 // 62^49 > 2^288
)

// Secret is a new token. Text is shown once; Hash is what is kept.
type Secret struct {
	Text string
	Hash [sha256.Size]byte
}

// NewSecret makes a secret with that prefix.
func NewSecret(prefix string) Secret {
	b := make([]byte, secretBytes, secretBytes+4)
	_, _ = rand.Read(b) // never fails: it ends the program instead
	b = binary.BigEndian.AppendUint32(b, checksum(prefix, b))
	digits := new(big.Int).SetBytes(b).Text(62)
	text := prefix + strings.Repeat("0", secretDigits-len(digits)) + digits
	return Secret{Text: text, Hash: sha256.Sum256([]byte(text))}
}

// HashSecret returns the hash under which a secret is kept, or false when text cannot be one of that prefix.
func HashSecret(prefix, text string) (hash [sha256.Size]byte, ok bool) {
	digits, found := strings.CutPrefix(text, prefix)
	if !found || len(digits) != secretDigits || strings.ContainsAny(digits, "+-_") {
		return hash, false
	}
	n, ok := new(big.Int).SetString(digits, 62)
	if !ok || n.BitLen() > 8*(secretBytes+4) {
		return hash, false
	}
	b := n.FillBytes(make([]byte, secretBytes+4))
	if binary.BigEndian.Uint32(b[secretBytes:]) != checksum(prefix, b[:secretBytes]) {
		return hash, false
	}
	return sha256.Sum256([]byte(text)), true
}

func checksum(prefix string, b []byte) uint32 {
	return crc32.Update(crc32.ChecksumIEEE([]byte(prefix)), crc32.IEEETable, b)
}
