package httpapi

import (
	"bytes"
	"errors"
	"strconv"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/uuid"
	"github.com/oapi-codegen/nullable"
)

// unmarshalers read what the decoder reads otherwise than JSON Schema does. A test of the whole contract sees to it that
// the types which bodies have are here.
//
// An integer is any number without a fraction: 3, 3.0, 3e0, 30e-1. Languages that have one kind of number write whole ones
// with a fraction; the decoder takes none but the first form. A UUID has one form; uuid.Parse takes others, too.
var unmarshalers = json.JoinUnmarshalers(
	json.UnmarshalFromFunc(readInteger[int64]),
	json.UnmarshalFromFunc(readInteger[int]),
	json.UnmarshalFromFunc(nullableOf(readInteger[int64])),
	json.UnmarshalFromFunc(readUUID),
	json.UnmarshalFromFunc(nullableOf(readUUID)),
)

// nullableOf reads a value that is there as fn does, and leaves null to the decoder.
func nullableOf[T any](fn func(*jsontext.Decoder, *T) error) func(*jsontext.Decoder, *nullable.Nullable[T]) error {
	return func(dec *jsontext.Decoder, to *nullable.Nullable[T]) error {
		var v T
		if err := fn(dec, &v); err != nil {
			return err
		}
		to.Set(v)
		return nil
	}
}

var (
	errNoInteger = errors.New("is not a whole number of 64 bits")
	errNoUUID    = errors.New("is not a UUID of 36 characters")
)

// readUUID leaves what is no string to the decoder.
func readUUID(dec *jsontext.Decoder, to *uuid.UUID) error {
	if dec.PeekKind() != '"' {
		return errors.ErrUnsupported
	}
	token, err := dec.ReadToken()
	if err != nil {
		return err
	}
	text := token.String()
	if len(text) != uuidLength {
		return errNoUUID
	}
	*to, err = uuid.Parse(text)
	return err
}

// uuidLength is the length of the one form of a UUID that the contract has; uuid.Parse also takes urn:uuid:…, {…} and 32
// digits.
const uuidLength = 36

// readInteger leaves what is no number to the decoder.
func readInteger[T int | int64](dec *jsontext.Decoder, to *T) error {
	if dec.PeekKind() != '0' {
		return errors.ErrUnsupported
	}
	value, err := dec.ReadValue()
	if err != nil {
		return err
	}
	n, err := parseInteger(value)
	if err != nil || int64(T(n)) != n {
		return errNoInteger
	}
	*to = T(n)
	return nil
}

// parseInteger gives the value of a JSON number, exactly: it never becomes a floating-point number on the way.
func parseInteger(number []byte) (int64, error) {
	if n, err := strconv.ParseInt(string(number), 10, 64); err == nil {
		return n, nil
	}
	text, negative := bytes.CutPrefix(number, []byte("-"))
	mantissa, exponent := text, int64(0)
	if i := bytes.IndexAny(text, "eE"); i >= 0 {
		mantissa = text[:i]
		// Out of range, it comes back as the greatest or least: no number of digits that fits a body makes up for that.
		exponent, _ = strconv.ParseInt(string(text[i+1:]), 10, 32)
	}
	whole, fraction, _ := bytes.Cut(mantissa, []byte("."))
	digits := append(bytes.Clone(whole), fraction...)
	// The value is 0.DIGITS × 10^point, with neither end of the digits zero.
	point := int64(len(whole)) + exponent
	significant := bytes.TrimLeft(digits, "0")
	point -= int64(len(digits) - len(significant))
	significant = bytes.TrimRight(significant, "0")
	switch {
	case len(significant) == 0:
		return 0, nil
	case int64(len(significant)) > point || point > 19: // a fraction is left, or it is beyond 64 bits
		return 0, errNoInteger
	}
	significant = append(significant, bytes.Repeat([]byte("0"), int(point)-len(significant))...)
	if negative {
		significant = append([]byte("-"), significant...)
	}
	return strconv.ParseInt(string(significant), 10, 64)
}
