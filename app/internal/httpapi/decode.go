package httpapi

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/task-tracker/task-tracker/app/internal/apperr"
)

// maxDepth is how deep a body may be nested.
const maxDepth = 100

// decode reads the body as strict JSON into a T. Errors: body_too_large; malformed_body for what is no JSON (invalid
// UTF-8, a name twice, text behind the end, nesting beyond 100, NUL); unknown_field and invalid_type with the JSON
// pointer of the fault.
//
// The decoder is the mirror of encoding/json/v2, which Go has from 1.27 on: the first version of the package matches
// names without regard to case, lets duplicates and broken UTF-8 pass, and cannot say where a fault is.
func decode[T any](r *http.Request) (T, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		var zero T
		return zero, bodyError(err)
	}
	if len(bytes.TrimSpace(body)) == 0 {
		var zero T
		return zero, apperr.New(apperr.MalformedBody, "The body is empty; it must be a JSON object.")
	}
	if err := scanBody(body); err != nil {
		var zero T
		return zero, err
	}
	return decodeBytes[T](body)
}

// decodeBytes is decode for a part of a body, such as one change of a batch. Pointers start at that part.
func decodeBytes[T any](value []byte) (T, error) {
	var v T
	err := json.Unmarshal(value, &v, json.RejectUnknownMembers(true), json.WithUnmarshalers(unmarshalers))
	if err != nil {
		err = decodeError(err)
	} else if bytes.Contains(value, []byte("null")) {
		err = findNull(value, reflect.TypeFor[T]())
	}
	if err == nil {
		err = findMissing(value, reflect.TypeFor[T]())
	}
	if err == nil {
		return v, nil
	}
	var zero T
	return zero, err
}

// sentText is a text that may be left out of a body, where domains take "" for one that was.
type sentText struct {
	pointer string
	text    *string
	most    int // characters
}

// checkSent refuses texts that were sent empty or too long. Errors: validation_failed.
func checkSent(texts ...sentText) error {
	var f apperr.Fields
	for _, t := range texts {
		switch {
		case t.text == nil:
		case *t.text == "":
			f.Add(t.pointer, "required", "must not be empty; leave it out where there is none")
		case utf8.RuneCountInString(*t.text) > t.most:
			f.Add(t.pointer, "too_long", "has more than %d characters", t.most)
		}
	}
	return f.Err()
}

// enumOr is the value of an enum that was sent, or the standard one. Domains take "" for the standard one: what was sent
// so becomes a value that no enum has.
func enumOr[T ~string](sent *T, standard T) T {
	switch {
	case sent == nil:
		return standard
	case *sent == "":
		return "?"
	}
	return *sent
}

// bodyError is the failure to read a body: too large, or cut off.
func bodyError(err error) error {
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return bodyTooLarge(tooLarge.Limit)
	}
	return apperr.Wrap(err, apperr.MalformedBody, "The body could not be read to its end.")
}

// scanBody refuses what no field of ours can hold, before anything is built from it: nesting that would cost more than
// it says, and NUL, which databases treat in different ways.
func scanBody(body []byte) error {
	depth, inString := 0, false
	for i := 0; i < len(body); i++ {
		switch c := body[i]; {
		case inString && c == '\\':
			if bytes.HasPrefix(body[i:], []byte(`\u0000`)) {
				return apperr.New(apperr.MalformedBody, "The body holds the character NUL, which is not allowed (at byte %d).", i)
			}
			i++
		case c == '"':
			inString = !inString
		case inString:
		case c == '{' || c == '[':
			if depth++; depth > maxDepth {
				return apperr.New(apperr.MalformedBody, "The body is nested more than %d levels deep (at byte %d).", maxDepth, i)
			}
		case c == '}' || c == ']':
			depth--
		}
	}
	return nil
}

// decodeError turns the decoder's error into one that tells the client where the fault is and nothing of our types.
func decodeError(err error) error {
	var syntax *jsontext.SyntacticError
	var semantic *json.SemanticError
	switch {
	case errors.As(err, &syntax):
		reason := "it is no JSON"
		switch {
		case errors.Is(err, jsontext.ErrDuplicateName):
			reason = "a name appears twice in one object"
		case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
			reason = "it ends too early"
		case strings.Contains(syntax.Err.Error(), "UTF-8"):
			reason = "it is not valid UTF-8"
		case strings.Contains(syntax.Err.Error(), "after top-level value"):
			reason = "something follows its end"
		}
		return apperr.Wrap(err, apperr.MalformedBody, "The body cannot be read: %s (at byte %d).", reason, syntax.ByteOffset)
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return apperr.Wrap(err, apperr.MalformedBody, "The body ends too early.")
	case errors.Is(err, json.ErrUnknownName) && errors.As(err, &semantic):
		return fieldError(err, apperr.UnknownField, "The body has a field that is not known.",
			string(semantic.JSONPointer), "unknown_field", "is not known")
	case errors.As(err, &semantic):
		return fieldError(err, apperr.InvalidType, "A field has the wrong type or form.",
			string(semantic.JSONPointer), "invalid_type", "must be "+expected(semantic.GoType))
	}
	return apperr.Wrap(err, apperr.MalformedBody, "The body cannot be read.")
}

func fieldError(cause error, code apperr.Code, message, pointer, fieldCode, fieldMessage string) *apperr.Error {
	return &apperr.Error{
		Code: code, Message: message, Cause: cause,
		Fields: []apperr.Field{{Pointer: pointer, Code: fieldCode, Message: fieldMessage}},
	}
}

// expected names a type as a client knows it.
func expected(t reflect.Type) string {
	if t == nil {
		return "of another type"
	}
	for t.Kind() == reflect.Pointer || isNullable(t) {
		t = t.Elem()
	}
	switch t.String() {
	case "uuid.UUID":
		return "a UUID"
	case "time.Time":
		return "a time as RFC 3339 has it, such as 2026-11-16T09:30:00Z"
	case "types.Date":
		return "a date, YYYY-MM-DD"
	case "types.Email":
		return "an e-mail address"
	}
	switch t.Kind() {
	case reflect.String:
		return "a string"
	case reflect.Bool:
		return "true or false"
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return "an integer"
	case reflect.Float32, reflect.Float64:
		return "a number"
	case reflect.Slice, reflect.Array:
		return "an array"
	case reflect.Struct, reflect.Map:
		return "an object"
	default:
		return fmt.Sprintf("of another type (%s)", t.Kind())
	}
}
