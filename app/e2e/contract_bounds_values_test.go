package e2e

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/google/uuid"
	"github.com/pb33f/libopenapi/datamodel/high/base"
)

// rule is a keyword of a schema with values on both sides.
type rule struct {
	rule           string
	within, beyond []any
}

// minimal is the least value that a schema allows, of required members only. References become placeholders.
func minimal(name string, s *base.Schema) any {
	switch {
	case s == nil:
		return nil
	case len(s.OneOf) > 0:
		return minimal(name, schemaOf(s.OneOf[0]))
	case len(s.Enum) > 0:
		return s.Enum[0].Value
	case slices.Contains(s.Type, "object"):
		out := object{}
		for field, proxy := range s.Properties.FromOldest() {
			if slices.Contains(s.Required, field) {
				out[field] = minimal(field, schemaOf(proxy))
			}
		}
		return out
	case slices.Contains(s.Type, "array"):
		out := []any{}
		if s.MinItems != nil && *s.MinItems > 0 {
			out = append(out, minimal(name, schemaOf(s.Items.A)))
		}
		return out
	case slices.Contains(s.Type, "integer"):
		if s.Minimum != nil && *s.Minimum > 0 {
			return int64(*s.Minimum)
		}
		return 0
	case slices.Contains(s.Type, "boolean"):
		return false
	}
	return textWithin(name, s, 0)
}

// textWithin is a text that a schema allows: of that many characters, or of no special length for 0.
func textWithin(name string, s *base.Schema, length int) string {
	switch {
	case s.Format == "uuid" || name == "assignee":
		return "{own." + references[name] + "}"
	case s.Format == "date-time":
		return "2999-01-01T00:00:00Z"
	case s.Format == "date":
		return "2026-11-30"
	}
	head, tail := "", ""
	switch {
	case name == "email" && length == 3:
		return "a@b"
	case name == "email":
		head, tail = "m"+strings.ReplaceAll(uuid.NewString(), "-", ""), "@example.com"
		if length > 0 && length < len(head+tail) {
			head = head[:max(1, length-len(tail))]
		}
	case name == "content_type" && length == 3:
		return "a/b"
	case name == "content_type":
		head = "text/plain"
	case name == "key" && strings.HasPrefix(s.Pattern, "^[A-Z]"):
		return "K" + strings.ToUpper(strings.ReplaceAll(uuid.NewString(), "-", ""))[:9]
	case name == "color":
		return "#00ff00"
	case name == "sha256":
		return strings.Repeat("0", 64)
	case name == "Idempotency-Key":
		head = strings.ReplaceAll(uuid.NewString(), "-", "")
		if length > 0 && length < len(head) {
			head = head[:length]
		}
	case name == "q":
		head = "own"
	case strings.Contains(name, "password"):
		head = password
	default:
		head = "x"
	}
	if length == 0 {
		return head + tail
	}
	if fill := length - utf8.RuneCountInString(head+tail); fill >= 0 {
		return head + strings.Repeat("x", fill) + tail
	}
	return head[:length]
}

// rulesOf lists the rules of a schema with values on both sides. A nil schema is that of a member that is not known.
func rulesOf(name string, s *base.Schema) []rule {
	if s == nil {
		return []rule{{rule: "additionalProperties", beyond: []any{1}}}
	}
	if len(s.OneOf) > 0 {
		return nil
	}
	wrongType := []any{object{}, []any{1, 2}, true, 1.5, "x"}
	nullable := slices.Contains(s.Type, "null")
	switch {
	case slices.Contains(s.Type, "object"):
		wrongType = []any{"x", []any{}, 1}
	case slices.Contains(s.Type, "array"):
		wrongType = []any{object{}, "x", 1}
	case slices.Contains(s.Type, "integer"):
		wrongType = []any{object{}, "x", true}
	case slices.Contains(s.Type, "boolean"):
		wrongType = []any{object{}, "x", 1}
	case slices.Contains(s.Type, "string"):
		wrongType = []any{object{}, 1, true}
	}
	if !nullable {
		wrongType = append(wrongType, nil)
	}
	out := []rule{{rule: "type", beyond: wrongType}}
	if nullable {
		out[0].within = []any{nil}
	}
	switch {
	case slices.Contains(s.Type, "integer"):
		return append(out, integerRules(s)...)
	case slices.Contains(s.Type, "array"):
		return append(out, arrayRules(name, s)...)
	case slices.Contains(s.Type, "string"):
		return append(out, textRules(name, s)...)
	}
	return out
}

func integerRules(s *base.Schema) []rule {
	inside := int64(1)
	out := []rule{}
	if s.Minimum != nil {
		least := int64(*s.Minimum)
		inside = least
		out = append(out, rule{"minimum", []any{least}, []any{least - 1, json.Number("-9223372036854775808")}})
	}
	if s.Maximum != nil {
		most := int64(*s.Maximum)
		out = append(out, rule{"maximum", []any{most}, []any{most + 1, json.Number("9223372036854775807"), json.Number("1e30")}})
	}
	whole := fmt.Sprint(inside)
	return append(out, rule{"integer", []any{inside, json.Number(whole + ".0"), json.Number(whole + "e0")}, []any{json.Number(whole + ".5")}})
}

func arrayRules(name string, s *base.Schema) []rule {
	distinct := func(n int) []any {
		item, out := schemaOf(s.Items.A), make([]any, n)
		for i := range out {
			switch {
			case len(item.Enum) > 0:
				out[i] = item.Enum[i%len(item.Enum)].Value // more than there are: repeated, for want of others
			case item.Format == "uuid":
				out[i] = uuid.NewString()
			default:
				out[i] = minimal(name, item)
			}
		}
		return out
	}
	out := []rule{}
	if s.MinItems != nil && *s.MinItems > 0 {
		least := int(*s.MinItems)
		out = append(out, rule{"minItems", []any{distinct(least)}, []any{distinct(least - 1)}})
	}
	if s.MaxItems != nil {
		most := int(*s.MaxItems)
		out = append(out, rule{"maxItems", []any{distinct(most)}, []any{distinct(most + 1)}})
	}
	if s.UniqueItems != nil && *s.UniqueItems {
		one := distinct(1)
		out = append(out, rule{rule: "uniqueItems", beyond: []any{append(one, one...)}})
	}
	return out
}

func textRules(name string, s *base.Schema) []rule {
	if len(s.Enum) > 0 {
		r := rule{rule: "enum", beyond: []any{"nonsense", ""}}
		for _, v := range s.Enum {
			r.within = append(r.within, v.Value)
			r.beyond = append(r.beyond, strings.ToUpper(v.Value), v.Value+" ")
		}
		return []rule{r}
	}
	out := []rule{}
	switch s.Format {
	case "uuid":
		id := uuid.NewString()
		out = append(out, rule{"uuid", []any{id, strings.ToUpper(id)}, []any{
			"x", id[:35], id + "0", strings.ReplaceAll(id, "-", ""), "urn:uuid:" + id, "{" + id + "}", strings.Replace(id, "-", "_", 1),
		}})
	case "date-time":
		out = append(out, rule{"date-time", []any{"2999-01-01T00:00:00Z", "2999-01-01T23:59:59.123456+05:30"}, []any{
			"tomorrow", "2999-01-01", "2999-01-01 00:00:00Z", "2999-01-01T00:00:00", "2999-02-30T00:00:00Z", "2999-01-01T24:00:00Z", "2999-1-1T00:00:00Z",
		}})
	case "date":
		out = append(out, rule{"date", []any{"2026-02-28", "2028-02-29", "0001-01-01"}, []any{
			"tomorrow", "2026-02-29", "2026-13-01", "2026-1-1", "20260101", "2026-01-01T00:00:00Z", "12026-01-01", "", "9999-12-31",
		}})
	}
	if s.MinLength != nil && *s.MinLength > 0 {
		least := int(*s.MinLength)
		out = append(out, rule{"minLength", []any{textWithin(name, s, least)}, []any{textWithin(name, s, least)[:least-1]}})
	}
	if s.MaxLength != nil {
		out = append(out, maxLength(name, s, int(*s.MaxLength)))
	}
	if s.Pattern != "" && s.Format != "date" {
		r := rule{rule: "pattern", within: []any{textWithin(name, s, 0)}}
		pattern, good := regexp.MustCompile(s.Pattern), textWithin(name, s, 0)
		for _, bad := range []string{
			"", " ", "\u200b", "\n", "a b", "ä", "!", "/", "\\", "a/b/c", "x\ny", good + "\n", "\n" + good, good + " ", " " + good,
			"ä" + good[min(len(good), 1):], good + good,
			strings.ToLower(good), strings.ToUpper(good), good[:len(good)-1], "me ", "ME", "nobody", "a@", "@b", "a@b@c", "a b@example.com",
		} {
			if !pattern.MatchString(bad) && !slices.Contains(r.beyond, any(bad)) && !strings.Contains(strings.ToLower(bad), "{own.") {
				r.beyond = append(r.beyond, bad)
			}
		}
		if name == "assignee" {
			r.within, r.beyond = append(r.within, "me"), append(r.beyond, "urn:uuid:"+uuid.NewString())
		}
		out = append(out, r)
	}
	return out
}

// maxLength counts characters, and bytes where the description says so.
func maxLength(name string, s *base.Schema, most int) rule {
	r := rule{"maxLength", []any{textWithin(name, s, most)}, []any{textWithin(name, s, most+1)}}
	if s.Pattern != "" && s.Pattern != `\S` || s.Format != "" || name == "cursor" {
		return r
	}
	for _, wide := range []string{"é", "支", "😀"} {
		if strings.Contains(s.Description, "bytes of UTF-8") {
			r.within = append(r.within, strings.Repeat(wide, most/len(wide)))
			r.beyond = append(r.beyond, strings.Repeat(wide, most/len(wide)+1))
			continue
		}
		r.within = append(r.within, strings.Repeat(wide, most))
		r.beyond = append(r.beyond, strings.Repeat(wide, most+1))
	}
	return r
}
