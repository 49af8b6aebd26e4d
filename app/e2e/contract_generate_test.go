package e2e

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/pb33f/libopenapi/datamodel/high/base"
	"pgregory.net/rapid"
)

// call is a request that was made up from the contract. Identifiers in it are placeholders, `{own.task}`, until it is
// sent.
type call struct {
	op      operation
	method  string
	path    string
	query   [][2]string
	headers [][2]string
	body    *raw
	who     string   // owner, viewer, anonymous
	tricks  []string // what was made wrong on purpose; nothing: the request is meant to be as the contract has it
}

// String shows the request, cut to a length that can be read.
func (c call) String() string {
	body := ""
	if c.body != nil {
		body = fmt.Sprintf(" %q %.300q", c.body.mediaType, c.body.body)
	}
	return fmt.Sprintf("%s %s?%s as %s %.300q%s, tricks %v", c.method, c.path, c.encodedQuery(), c.who, c.headers, body, c.tricks)
}

func (c call) encodedQuery() string {
	pairs := make([]string, len(c.query))
	for i, q := range c.query {
		pairs[i] = url.QueryEscape(q[0]) + "=" + url.QueryEscape(q[1])
		if q[0] == "" {
			pairs[i] = q[1] // as it is
		}
	}
	return strings.Join(pairs, "&")
}

// references says of which kind the object is that a field or a parameter names.
var references = map[string]string{
	"status_id": "status", "label_ids": "label", "assignee_ids": "account", "parent_id": "other", "project_id": "target", "task_id": "other",
	"parent": "task", "assignee": "account",
	"account": "account", "attachment": "attachment", "comment": "comment", "invitation": "invitation", "item": "item", "label": "label", "project": "project",
	"relation": "relation", "status": "status", "task": "task", "token": "token", "workspace": "workspace",
}

// calls makes requests for the contract's operations: valid ones, and such with one or more tricks.
func calls(c *contract) *rapid.Generator[call] {
	return rapid.Custom(func(t *rapid.T) call {
		op := rapid.SampledFrom(c.operations).Draw(t, "operation")
		out := call{op: op, method: op.method, path: op.path, who: rapid.SampledFrom([]string{"owner", "owner", "owner", "owner", "viewer", "anonymous"}).Draw(t, "who")}
		var content any
		for _, p := range op.parameters {
			if p.In != "path" && !chance(t, 3) {
				continue
			}
			value := valueOf(t, p.Name, schemaOf(p.Schema), 0)
			switch p.In {
			case "path":
				out.path = strings.ReplaceAll(out.path, "{"+p.Name+"}", url.PathEscape(textOf(value)))
			case "header":
				out.headers = append(out.headers, [2]string{p.Name, textOf(value)})
			case "query":
				several, ok := value.([]any)
				if !ok {
					several = []any{value}
				}
				for _, v := range several {
					out.query = append(out.query, [2]string{p.Name, textOf(v)})
				}
			}
		}
		if slices.ContainsFunc(out.query, func(q [2]string) bool { return q[0] == "since" }) { // which has an order of its own
			out.query = slices.DeleteFunc(out.query, func(q [2]string) bool { return q[0] == "sort" })
		}
		if op.RequestBody != nil {
			names := slices.Sorted(maps.Keys(maps.Collect(op.RequestBody.Content.FromOldest())))
			name := rapid.SampledFrom(names).Draw(t, "media type")
			content = valueOf(t, "", schemaOf(op.RequestBody.Content.GetOrZero(name).Schema), 0)
			out.body = &raw{name, encode(content)}
			if text, ok := content.(string); ok {
				out.body.body = text
			}
		}
		if !chance(t, 2) {
			for range rapid.IntRange(1, 2).Draw(t, "tricks") {
				spoil(t, &out, content)
			}
		}
		return out
	})
}

// chance is true once in n times.
func chance(t *rapid.T, n int) bool { return rapid.IntRange(1, n).Draw(t, "chance") == 1 }

func encode(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // it was made here
	}
	return string(b)
}

func textOf(v any) string {
	if text, ok := v.(string); ok {
		return text
	}
	return encode(v)
}

// valueOf makes a value that a schema allows. name is that of the field or parameter.
func valueOf(t *rapid.T, name string, s *base.Schema, depth int) any {
	if s == nil {
		return nil
	}
	if of := slices.Concat(s.OneOf, s.AnyOf); len(of) > 0 {
		return valueOf(t, name, schemaOf(rapid.SampledFrom(of).Draw(t, "one of")), depth)
	}
	if len(s.Enum) > 0 {
		return rapid.SampledFrom(s.Enum).Draw(t, "enum").Value
	}
	if slices.Contains(s.Type, "null") && chance(t, 5) {
		return nil
	}
	switch {
	case slices.Contains(s.Type, "object"):
		out := object{}
		for field, proxy := range s.Properties.FromOldest() {
			if slices.Contains(s.Required, field) || chance(t, 3) {
				out[field] = valueOf(t, field, schemaOf(proxy), depth+1)
			}
		}
		return out
	case slices.Contains(s.Type, "array"):
		least := 0
		if s.MinItems != nil {
			least = int(*s.MinItems)
		}
		out := []any{}
		for range rapid.IntRange(least, max(least, 3)).Draw(t, "items") {
			item := valueOf(t, name, schemaOf(s.Items.A), depth+1)
			if !slices.ContainsFunc(out, func(v any) bool { return encode(v) == encode(item) }) {
				out = append(out, item)
			}
		}
		return out
	case slices.Contains(s.Type, "integer"):
		low, high := int64(-1000), int64(1000)
		if s.Minimum != nil {
			low = int64(*s.Minimum)
		}
		if s.Maximum != nil {
			high = int64(*s.Maximum)
		}
		return rapid.OneOf(rapid.Int64Range(low, high), rapid.Int64Range(low, min(high, max(low, 0)+3))).Draw(t, "integer")
	case slices.Contains(s.Type, "boolean"):
		return rapid.Bool().Draw(t, "boolean")
	}
	return textFor(t, name, s)
}

var words = []string{
	"Rotate the keys", "a", "Ünïcödé ✓", "日本語のタスク", "👩‍👩‍👧‍👦 family", "'; DROP TABLE tasks; --", "<script>alert(1)</script>", "%_\\", "e\u0301 vs é",
	"\u202eright to left", "ſtraße İ", strings.Repeat("x", 99), "NULL", "${jndi:ldap://x}", "../../etc/passwd", "{{7*7}}", "\U0001F600",
}

func textFor(t *rapid.T, name string, s *base.Schema) string {
	switch {
	case s.Format == "uuid" || name == "assignee":
		return fmt.Sprintf("{%s.%s}", rapid.SampledFrom([]string{"own", "own", "own", "own", "own", "own", "foreign", "random"}).Draw(t, "whose"), references[name])
	case s.Format == "date-time":
		return time.UnixMicro(rapid.Int64Range(0, 4e15).Draw(t, "time")).UTC().Format(time.RFC3339Nano)
	case s.Format == "date":
		return time.Unix(rapid.Int64Range(0, 4e9).Draw(t, "day"), 0).UTC().Format(time.DateOnly)
	case s.Format == "email" || name == "email":
		return rapid.StringMatching(`[a-z]{3,10}@example\.(com|org)`).Draw(t, "email")
	case name == "q": // at least one word of three characters
		return rapid.SampledFrom([]string{"Own", "own 2", "rotate KEYS", "日本語", "Ünï", "foo-bar_baz", "' UNION SELECT 1 --", "\"+own -xyz*\""}).Draw(t, "q")
	case name == "filename": // its pattern does not say what its description does: no control characters
		return rapid.StringMatching(`[a-zA-Z0-9äß✓ ._-]{1,40}`).Draw(t, "file name")
	case s.Pattern == `\S` || s.Pattern == "":
		least, most := int64(0), int64(1000)
		if s.MinLength != nil {
			least = *s.MinLength
		}
		if s.MaxLength != nil {
			most = *s.MaxLength
		}
		text := rapid.SampledFrom(words).Draw(t, "words")
		for int64(len([]rune(text))) < least {
			text += text
		}
		return string([]rune(text)[:min(int64(len([]rune(text))), most)])
	}
	return rapid.StringMatching(s.Pattern).Draw(t, "text")
}

// spoil makes one thing of a request wrong, or odd.
func spoil(t *rapid.T, c *call, content any) {
	names := slices.Sorted(maps.Keys(tricks))
	name := rapid.SampledFrom(names).Draw(t, "trick")
	if tricks[name](t, c, content) {
		c.tricks = append(c.tricks, name)
	}
}

// spoiltValues take the place of a value somewhere in a body.
var spoiltValues = []any{
	nil, true, -1, 0, 1e30, json.Number("123456789012345678901234567890"), json.Number("-0"), json.Number("1e400"), json.Number("1.0"), 1.5,
	math.MaxInt64, math.MinInt64, "", " ", "\t\n", "a\nb", "\u0001", "\u0085", "\ufffe", "\u200b", strings.Repeat("é", 70000), strings.Repeat("x", 501),
	[]any{},
	[]any{nil},
	object{},
	object{"$ref": "#"},
	"0001-01-01", "9999-12-31", "2026-02-30", "2026-13-01", "10000-01-01",
	"0000-00-00T00:00:00Z", "9999-12-31T23:59:60Z", "2026-11-16 09:30:00", "{own.task}", "{random.task}", "{OWN.task}", "urn:uuid:{own.task}", "__proto__",
	[]any{"{own.label}", "{own.label}"},
	[]any{"{own.account}", "{foreign.account}"},
}

// replaceSomewhere gives a copy of a JSON value in which one value, at whatever depth, is another.
func replaceSomewhere(t *rapid.T, v any, by any) any {
	switch at := v.(type) {
	case object:
		if len(at) == 0 {
			return by
		}
		out := maps.Clone(at)
		name := rapid.SampledFrom(slices.Sorted(maps.Keys(at))).Draw(t, "member")
		out[name] = replaceSomewhere(t, at[name], by)
		return out
	case []any:
		if len(at) == 0 || chance(t, 2) {
			return by
		}
		out := slices.Clone(at)
		i := rapid.IntRange(0, len(at)-1).Draw(t, "item")
		out[i] = replaceSomewhere(t, at[i], by)
		return out
	}
	return by
}

// deep nests a value n levels deep.
func deep(n int) string { return strings.Repeat(`{"a":[`, n/2) + "1" + strings.Repeat(`]}`, n/2) }

func method(names ...string) func(*rapid.T, *call, any) bool {
	return func(t *rapid.T, c *call, _ any) bool {
		c.method = rapid.SampledFrom(names).Draw(t, "method")
		return true
	}
}

func header(name string, values ...string) func(*rapid.T, *call, any) bool {
	return func(t *rapid.T, c *call, _ any) bool {
		c.headers = append(c.headers, [2]string{name, rapid.SampledFrom(values).Draw(t, name)})
		return true
	}
}

func query(pairs ...[2]string) func(*rapid.T, *call, any) bool {
	return func(t *rapid.T, c *call, _ any) bool {
		c.query = append(c.query, rapid.SampledFrom(pairs).Draw(t, "query"))
		return true
	}
}

// ofBody is a trick on the text of a body; it does nothing where there is none.
func ofBody(change func(t *rapid.T, body string, content any) string) func(*rapid.T, *call, any) bool {
	return func(t *rapid.T, c *call, content any) bool {
		if c.body == nil {
			return false
		}
		c.body = &raw{c.body.mediaType, change(t, c.body.body, content)}
		return true
	}
}

func constantBody(bodies ...string) func(*rapid.T, *call, any) bool {
	return ofBody(func(t *rapid.T, _ string, _ any) string { return rapid.SampledFrom(bodies).Draw(t, "body") })
}

// tricks are what clients do by mistake or on purpose.
var tricks = map[string]func(t *rapid.T, c *call, content any) bool{
	"value": ofBody(func(t *rapid.T, _ string, content any) string {
		return encode(replaceSomewhere(t, content, rapid.SampledFrom(spoiltValues).Draw(t, "spoilt")))
	}),
	"value again": ofBody(func(t *rapid.T, _ string, content any) string {
		return encode(replaceSomewhere(t, content, rapid.SampledFrom(spoiltValues).Draw(t, "spoilt")))
	}),
	"unknown field": ofBody(func(_ *rapid.T, body string, content any) string {
		if fields, ok := content.(object); ok {
			fields = maps.Clone(fields)
			fields["surprise"] = 1
			return encode(fields)
		}
		return body
	}),
	"field gone": ofBody(func(t *rapid.T, body string, content any) string {
		if fields, ok := content.(object); ok && len(fields) > 0 {
			fields = maps.Clone(fields)
			delete(fields, rapid.SampledFrom(slices.Sorted(maps.Keys(fields))).Draw(t, "gone"))
			return encode(fields)
		}
		return body
	}),
	"name in capitals": ofBody(func(_ *rapid.T, body string, _ any) string { return strings.Replace(body, `"t`, `"T`, 1) }),
	"name twice": ofBody(func(_ *rapid.T, body string, _ any) string {
		return strings.Replace(body, "{", `{"name":"a","name":"b",`, 1)
	}),
	"cut off": ofBody(func(t *rapid.T, body string, _ any) string {
		return body[:rapid.IntRange(0, len(body)).Draw(t, "length")]
	}),
	"trailing data": ofBody(func(_ *rapid.T, body string, _ any) string { return body + `{"more":1}` }),
	"broken UTF-8": ofBody(func(_ *rapid.T, body string, _ any) string {
		return strings.Replace(body, `":"`, "\":\"\xff\xc0\xaf", 1)
	}),
	"lone surrogate":    ofBody(func(_ *rapid.T, body string, _ any) string { return strings.Replace(body, `":"`, `":"\ud800`, 1) }),
	"NUL":               ofBody(func(_ *rapid.T, body string, _ any) string { return strings.Replace(body, `":"`, `":"\u0000`, 1) }),
	"raw NUL":           ofBody(func(_ *rapid.T, body string, _ any) string { return strings.Replace(body, `":"`, "\":\"\x00", 1) }),
	"byte order mark":   ofBody(func(_ *rapid.T, body string, _ any) string { return "\ufeff" + body }),
	"other body":        constantBody("", "null", "[]", `""`, "0", "{", "true", "{}", "[{}]", `{"":""}`, "<xml/>", "a=b", "\x1f\x8b", deep(20), deep(300), deep(200000)),
	"oversize":          constantBody(`{"title":"` + strings.Repeat("x", 1<<20) + `"}`),
	"wrong media type":  ofMediaType("", "text/plain", "application/xml", "application/json; charset=utf-16", "application/json-patch+json", "multipart/form-data; boundary=x", "application/json, text/html", "garbage", "application/x-www-form-urlencoded"),
	"other method":      method("PUT", "DELETE", "PATCH", "POST", "GET", "HEAD", "TRACE", "CONNECT", "BREW", "OPTIONS"),
	"unknown parameter": query([2]string{"surprise", "1"}, [2]string{"LIMIT", "1"}, [2]string{"limit[]", "1"}, [2]string{"", "%zz"}, [2]string{"", "a;b"}, [2]string{"", "&&&"}),
	"odd parameter": query([2]string{"limit", "0"}, [2]string{"limit", "101"}, [2]string{"limit", "-1"}, [2]string{"limit", "1e2"}, [2]string{"limit", ""},
		[2]string{"limit", "99999999999999999999"}, [2]string{"sort", "title"}, [2]string{"sort", "--created_at"}, [2]string{"status", "x"}, [2]string{"assignee", "you"},
		[2]string{"due_before", "tomorrow"}, [2]string{"due_after", "2026-02-30"}, [2]string{"updated_after", "2026"}, [2]string{"q", ""}, [2]string{"q", "ab"},
		[2]string{"q", `"*+-~<>()@`}, [2]string{"q", strings.Repeat("word ", 60)}, [2]string{"q", "\x00"}, [2]string{"q", "\xff"}, [2]string{"weeks", "105"}, [2]string{"archived", "perhaps"},
		[2]string{"dry_run", "2"}, [2]string{"priority", "highest"}, [2]string{"category", "none"}, [2]string{"limit", "1"}, [2]string{"limit", "2"}),
	"odd cursor": query([2]string{"cursor", "!"}, [2]string{"cursor", ""}, [2]string{"cursor", "AAAA"}, [2]string{"cursor", "{foreign.cursor}"},
		[2]string{"cursor", "{own.cursor}"}, [2]string{"cursor", "{own.cursor}A"}, [2]string{"cursor", strings.Repeat("A", 3000)}),
	"odd identifier": func(t *rapid.T, c *call, _ any) bool {
		for name := range references {
			before := c.path
			junk := rapid.SampledFrom([]string{"x", "0", "..", "%00", "%2e%2e%2f", "{OWN.task}", "%7Bown%7D", "null", strings.Repeat("9", 40), "%ff", "urn:uuid:{own.task}", "00000000-0000-0000-0000-000000000000"}).Draw(t, "junk")
			if c.path = strings.Replace(c.path, "{own."+name+"}", junk, 1); c.path != before {
				return true
			}
		}
		return false
	},
	"odd Accept":           header("Accept", "text/html", "*/*;q=0", "application/xml, */*;q=0.1", "application/json;q=0", ",,,", "garbage", "application/problem+json", strings.Repeat("a/b,", 2000)),
	"odd Accept-Encoding":  header("Accept-Encoding", "gzip", "gzip;q=0", "br", "*", "gzip, deflate;q=x", "identity;q=0"),
	"odd If-Match":         header("If-Match", "*", `"1"`, `"1-00000000"`, `"0"`, `"-1"`, `"99999999999999999999"`, `W/"1"`, `"1", "2"`, "1", "", `"`),
	"odd If-None-Match":    header("If-None-Match", "*", `"1"`, `""`, `W/"1-00000000"`, strings.Repeat(`"x",`, 200)),
	"odd key":              header("Idempotency-Key", "", " ", "a b", "ä", strings.Repeat("k", 255), strings.Repeat("k", 256), "\t", "'; --", "same", "same", "\xff"),
	"odd Prefer":           header("Prefer", "consistency=eventual", "consistency", "=", ";;;", `consistency="eventual"; x`, "respond-async"),
	"odd Authorization":    header("Authorization", "Bearer", "Bearer ", "Basic YTpi", "Bearer tt_", "bearer tt_x", "Bearer a b c", "Bearer eyJhbGciOiJub25lIn0.e30.", "Bearer "+strings.Repeat("x", 9000), "Bearer \xff"),
	"odd headers":          header("X-Forwarded-For", "1.2.3.4", "garbage", "::1, 10.0.0.1"),
	"odd request ID":       header("X-Request-Id", "a b", strings.Repeat("x", 100), "ok-1", "\xff"),
	"odd Content-Encoding": header("Content-Encoding", "gzip", "identity", "x"),
	"odd Range":            header("Range", "bytes=0-1", "garbage"),
	"big header":           header("X-Padding", strings.Repeat("x", 20000)),
}

func ofMediaType(names ...string) func(*rapid.T, *call, any) bool {
	return func(t *rapid.T, c *call, _ any) bool {
		if c.body == nil {
			c.body = &raw{body: "{}"}
		}
		c.body = &raw{rapid.SampledFrom(names).Draw(t, "media type"), c.body.body}
		return true
	}
}
