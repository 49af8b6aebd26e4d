package transfer

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"maps"
	"unicode/utf8"

	"github.com/task-tracker/task-tracker/app/internal/apperr"
)

// maxLine bounds a line. The longest honest ones are activity entries that hold a description before and after, escaped.
const maxLine = 4 << 20

// Writer writes records as lines and closes with the trailer.
type Writer struct {
	out    *bufio.Writer
	sum    hash.Hash
	counts map[string]int64
	buf    bytes.Buffer
	enc    *json.Encoder
}

// NewWriter writes the header line to w.
func NewWriter(w io.Writer) (*Writer, error) {
	out := &Writer{out: bufio.NewWriterSize(w, 64<<10), sum: sha256.New(), counts: map[string]int64{}}
	out.enc = json.NewEncoder(&out.buf)
	out.enc.SetEscapeHTML(false)
	return out, out.Write(&Header{Format: Format, Version: Version})
}

// Write writes one record.
func (w *Writer) Write(r Record) error {
	w.buf.Reset()
	if err := w.enc.Encode(r); err != nil {
		return fmt.Errorf("%s: %w", r.Kind(), err)
	}
	w.counts[r.Kind()]++
	prefix := []byte(`{"type":"` + r.Kind() + `",`)
	for _, part := range [][]byte{prefix, w.buf.Bytes()[1:]} { // the record's own brace makes way; the encoder ends the line
		w.sum.Write(part)
		if _, err := w.out.Write(part); err != nil {
			return err
		}
	}
	return nil
}

// Close writes the trailer and whatever is still in memory. It does not close the underlying writer.
func (w *Writer) Close() error {
	if err := w.Write(&Trailer{Counts: maps.Clone(w.counts), SHA256: hex.EncodeToString(w.sum.Sum(nil))}); err != nil {
		return err
	}
	return w.out.Flush()
}

// Counts tells how many lines of each type were written.
func (w *Writer) Counts() map[string]int64 { return maps.Clone(w.counts) }

// Reader reads lines back into records and sees to it that the file is whole.
type Reader struct {
	in     *bufio.Reader
	sum    hash.Hash
	counts map[string]int64
	line   int64
	done   bool
	long   []byte
}

// NewReader reads from r.
func NewReader(r io.Reader) *Reader {
	return &Reader{in: bufio.NewReaderSize(r, 64<<10), sum: sha256.New(), counts: map[string]int64{}}
}

// Line is the number of the line that was read last, counted from 1.
func (r *Reader) Line() int64 { return r.line }

// Counts tells how many lines of each type were read.
func (r *Reader) Counts() map[string]int64 { return maps.Clone(r.counts) }

// Next returns the next record, neither header nor trailer, and io.EOF after the trailer. Every fault is an
// [apperr.Error] that names the line; failures to read are passed on.
func (r *Reader) Next() (Record, error) {
	for {
		raw, err := r.readLine()
		if err != nil {
			return nil, err
		}
		rec, err := parse(raw)
		if err != nil {
			return nil, r.fault(err)
		}
		_, isHeader := rec.(*Header)
		if isHeader != (r.line == 1) {
			return nil, r.fault(errors.New("the header must be the first line, and only that"))
		}
		switch rec := rec.(type) {
		case *Header:
			if rec.Format != Format {
				return nil, r.fault(fmt.Errorf("format %q is not %q: this is no export of a workspace", rec.Format, Format))
			}
			if rec.Version != Version {
				return nil, r.fault(fmt.Errorf("version %d of the format is not known here; this program reads version %d", rec.Version, Version))
			}
		case *Trailer:
			return nil, r.finish(rec)
		default:
			r.counts[rec.Kind()]++
			r.sum.Write(raw)
			return rec, nil
		}
		r.counts[rec.Kind()]++
		r.sum.Write(raw)
	}
}

// finish compares the trailer with what was read and sees to it that nothing follows.
func (r *Reader) finish(t *Trailer) error {
	if got := hex.EncodeToString(r.sum.Sum(nil)); got != t.SHA256 {
		return r.fault(errors.New("trailer: sha256: the lines before it are not those that were written: the file is damaged or was edited"))
	}
	if !maps.Equal(t.Counts, r.counts) {
		return r.fault(fmt.Errorf("trailer: counts: %v were written, %v are here", t.Counts, r.counts))
	}
	r.done = true
	if _, err := r.in.ReadByte(); !errors.Is(err, io.EOF) {
		if err != nil {
			return err
		}
		return r.fault(errors.New("something follows the trailer"))
	}
	return io.EOF
}

// readLine returns the next line with its line end; the slice is valid until the next call.
func (r *Reader) readLine() ([]byte, error) {
	r.long = r.long[:0]
	for {
		part, err := r.in.ReadSlice('\n')
		if len(r.long)+len(part) > maxLine {
			r.line++
			return nil, r.fault(fmt.Errorf("is longer than %d bytes", maxLine))
		}
		switch {
		case err == nil && len(r.long) == 0:
			r.line++
			return part, nil
		case err == nil:
			r.line++
			r.long = append(r.long, part...)
			return r.long, nil
		case errors.Is(err, bufio.ErrBufferFull):
			r.long = append(r.long, part...)
		case errors.Is(err, io.EOF):
			r.line++
			if r.line == 1 && len(part)+len(r.long) == 0 {
				return nil, r.fault(errors.New("the file is empty"))
			}
			return nil, r.fault(errors.New("the file ends here without its trailer: it was cut off"))
		default:
			return nil, err
		}
	}
}

// fault turns what is wrong with the current line into the answer.
func (r *Reader) fault(err error) error { return lineFault(r.line, "", err) }

// lineFault names the line of a fault; where err holds faults of fields, all of them are named.
func lineFault(line int64, kind string, err error) error {
	where := fmt.Sprintf("line %d: ", line)
	if kind != "" {
		where += kind + ": "
	}
	var e *apperr.Error
	if !errors.As(err, &e) {
		return &apperr.Error{
			Code: apperr.ValidationFailed, Message: where + err.Error(),
			Fields: []apperr.Field{{Pointer: fmt.Sprintf("/%d", line), Code: "invalid", Message: err.Error()}},
		}
	}
	out := &apperr.Error{Code: e.Code, Message: where + e.Message, Cause: e.Cause}
	for i, f := range e.Fields {
		name := f.Pointer
		if len(name) > 0 && name[0] == '/' {
			name = name[1:]
		}
		if i == 0 {
			out.Message = where
		} else {
			out.Message += "; "
		}
		out.Message += name + ": " + f.Message
		out.Fields = append(out.Fields, apperr.Field{Pointer: fmt.Sprintf("/%d/%s", line, name), Code: f.Code, Message: f.Message})
	}
	return out
}

// parse reads one line. Unknown members, other types and trailing data are faults.
func parse(line []byte) (Record, error) {
	const lead = `{"type":"`
	if !utf8.Valid(line) {
		return nil, errors.New("is not valid UTF-8")
	}
	rest, ok := bytes.CutPrefix(line, []byte(lead))
	end := bytes.IndexByte(rest, '"')
	if !ok || end < 0 {
		return nil, fmt.Errorf(`must be a JSON object that begins with %s…"`, lead)
	}
	kind := string(rest[:min(end, 40)])
	rec := newRecord(kind)
	if rec == nil {
		return nil, fmt.Errorf("type %q is not known", kind)
	}
	rest, ok = bytes.CutPrefix(rest[end+1:], []byte(","))
	if !ok {
		return nil, fmt.Errorf(`%s: must have members after "type"`, kind)
	}
	dec := json.NewDecoder(io.MultiReader(bytes.NewReader([]byte("{")), bytes.NewReader(rest)))
	dec.DisallowUnknownFields()
	if err := dec.Decode(rec); err != nil {
		return nil, fmt.Errorf("%s: %w", kind, plain(err))
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%s: something follows the object", kind)
	}
	return rec, nil
}

// plain says in the file's terms what encoding/json says in Go's.
func plain(err error) error {
	var wrong *json.UnmarshalTypeError
	switch {
	case errors.As(err, &wrong):
		return fmt.Errorf("%s: a %s stands where %s is expected", wrong.Field, wrong.Value, wrong.Type)
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return errors.New("the line breaks off in mid-object")
	}
	return errors.New(trimJSON(err.Error()))
}

func trimJSON(s string) string {
	const lead = "json: "
	if len(s) > len(lead) && s[:len(lead)] == lead {
		return s[len(lead):]
	}
	return s
}
