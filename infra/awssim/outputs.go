package awssim

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// maker makes up what AWS adds to an object: its id and outputs. The same seed, URN and generation give the same values.
type maker struct {
	w       *world
	t       *typeInfo
	obj     *Object
	old     *Object // nil but on update
	seed    string
	account string
	tags    map[string]any // the provider's default tags merged with the object's
	missing []string       // formats that could not be read
	busy    map[string]bool
	special map[string]func(*maker) any // of the type; see outputs_table.go
	makeID  func(*maker) string
}

const (
	hexDigits  = "0123456789abcdef"
	upperAlnum = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
	lowerAlnum = "abcdefghijklmnopqrstuvwxyz0123456789"
	digits     = "0123456789"
)

// random returns n characters of an alphabet, always the same for a label.
func (m *maker) random(label string, n int, alphabet string) string {
	text := make([]byte, 0, n)
	for block := 0; len(text) < n; block++ {
		sum := sha256.Sum256(fmt.Appendf(nil, "%s|%s|%s|%d|%s|%d", m.seed, m.obj.Token, m.obj.URN, m.obj.Gen, label, block))
		for i := 0; i+1 < len(sum) && len(text) < n; i += 2 {
			text = append(text, alphabet[int(binary.BigEndian.Uint16(sum[i:]))%len(alphabet)])
		}
	}
	return string(text)
}

func (m *maker) uuid(label string) string {
	h := m.random(label, 32, hexDigits)
	return h[:8] + "-" + h[8:12] + "-4" + h[13:16] + "-a" + h[17:20] + "-" + h[20:]
}

// make fills in the object's id, where it has none, and its outputs.
func (m *maker) make() {
	m.busy = map[string]bool{}
	m.obj.Out = clone(m.obj.In)
	if m.obj.ID == "" {
		m.obj.ID = m.id()
	}
	for _, property := range sorted(m.t.Outputs) {
		m.output(property)
	}
	for _, property := range sorted(m.t.facts.Outputs) {
		m.output(property)
	}
	for property, v := range m.obj.Out {
		if v == nil {
			delete(m.obj.Out, property)
		}
	}
}

func (m *maker) id() string {
	if m.makeID != nil {
		return m.makeID(m)
	}
	spec := m.t.facts.ID
	if property, ok := strings.CutPrefix(spec, "same as output "); ok {
		return m.str(property)
	}
	if property, ok := strings.CutPrefix(spec, "same as input "); ok {
		return m.str(property)
	}
	id, ok := m.format("id", spec)
	if !ok {
		m.missing = append(m.missing, m.obj.Token+" id: "+spec)
	}
	return id
}

// str is a property as text, made up first where it has not been yet.
func (m *maker) str(property string) string {
	if property == "id" {
		if m.obj.ID == "" {
			m.obj.ID = m.id()
		}
		return m.obj.ID
	}
	switch v := m.output(property).(type) {
	case nil:
		return ""
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	default:
		return fmt.Sprint(v)
	}
}

func (m *maker) output(property string) any {
	if v, done := m.obj.Out[property]; done && m.special[property] == nil || m.busy[property] {
		return v
	}
	m.busy[property] = true
	if v := m.value(property); v != nil {
		m.obj.Out[property] = v
	}
	return m.obj.Out[property]
}

func (m *maker) value(property string) any {
	if property == "tagsAll" {
		if len(m.tags) == 0 {
			return nil
		}
		return m.tags
	}
	if f := m.special[property]; f != nil {
		return f(m)
	}
	spec := m.t.spec(property)
	if spec == "" {
		return nil
	}
	if rest, ok := strings.CutPrefix(spec, "same as "); ok {
		return m.sameAs(property, rest)
	}
	text, ok := m.format(property, spec)
	if !ok {
		if !silent.MatchString(spec) {
			m.missing = append(m.missing, m.obj.Token+" "+property+": "+spec)
		}
		return nil
	}
	return m.typed(property, text)
}

// silent are formats of what AWS leaves out for an object that is new, or in the setups that the platform uses.
var silent = regexp.MustCompile(`empty|deprecated|else null| when |INELIGIBLE|only for`)

var otherwise = regexp.MustCompile(`(?:else|otherwise|;) (.*)$`)

// sameAs reads "input name, else X": the input is there already where it was given.
func (m *maker) sameAs(property, rest string) any {
	if other, ok := strings.CutPrefix(rest, "output "); ok {
		return m.output(strings.Fields(other)[0])
	}
	if rest == "id" {
		return m.str("id")
	}
	other := strings.Fields(strings.TrimPrefix(rest, "input"))
	if len(other) > 0 {
		if v, ok := m.obj.In[strings.Trim(other[0], ",;")]; ok && !strings.HasPrefix(other[0], "else") {
			return v
		}
	}
	if prefix, ok := m.obj.In[property+"Prefix"].(string); ok { // AWS's provider adds a time and a counter, 26 digits
		return prefix + m.random(property, 26, digits)
	}
	found := otherwise.FindStringSubmatch(rest)
	if found == nil {
		return nil
	}
	text, _, _ := strings.Cut(found[1], " (")
	var literal any
	if json.Unmarshal([]byte(text), &literal) == nil {
		return m.typed(property, fmt.Sprint(literal))
	}
	if strings.ContainsAny(text, " []:") || text == "defaults" || text == "derived" || text == "default" || text == "empty" {
		return nil
	}
	value, _ := m.format(property, text)
	return m.typed(property, value)
}

// typed gives a text the kind of its property; nil where it does not fit.
func (m *maker) typed(property, text string) any {
	switch strings.TrimSuffix(m.t.Outputs[property], "!") {
	case "bool":
		return text == "true"
	case "int", "number":
		n, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return nil
		}
		return n
	case "string", "any":
		return text
	}
	return nil
}

var (
	placeholder = regexp.MustCompile(`\{([^{}]*)\}`)
	counted     = regexp.MustCompile(`^(\d+)(?: (?:or|to) \d+)? (hex|upper-case alphanumerics|lower-case alphanumerics|digits)$`)
	prefixed    = regexp.MustCompile(`^(hex|rand|digits)(\d+)$`)
)

// format expands a format such as "arn:aws:ec2:{region}:{account}:subnet/{id}".
func (m *maker) format(property, spec string) (string, bool) {
	spec = strings.TrimPrefix(spec, "generated: ")
	spec, _, _ = strings.Cut(spec, " (")
	switch {
	case spec == "uuid" || strings.HasPrefix(spec, "generated UUID"):
		return m.uuid(property), true
	case spec == "UUID, or mrk-{32 hex} when multiRegion":
		if m.obj.In["multiRegion"] == true {
			return "mrk-" + m.random(property, 32, hexDigits), true
		}
		return m.uuid(property), true
	case spec == "RFC3339 UTC":
		return created, true
	case counted.MatchString(spec):
		return m.placeholder(property, spec)
	}
	ok := true
	text := placeholder.ReplaceAllStringFunc(spec, func(p string) string {
		value, resolved := m.placeholder(property, p[1:len(p)-1])
		ok = ok && resolved
		return value
	})
	return text, ok && !strings.Contains(placeholder.ReplaceAllString(spec, ""), " ")
}

// created is when everything was created: what depends on the clock would not be the same twice.
const created = "2026-01-01T00:00:00Z"

func (m *maker) placeholder(property, name string) (string, bool) {
	switch name {
	case "regional|global": // of a web ACL
		if m.str("scope") == "CLOUDFRONT" {
			return "global", true
		}
		return "regional", true
	case "region":
		return m.obj.Region, true
	case "account", "accountId":
		if v, ok := m.obj.In[name].(string); ok {
			return v, true
		}
		return m.account, true
	case "id":
		return m.str("id"), true
	case "uuid":
		return m.uuid(property), true
	case "path":
		if v, ok := m.obj.In["path"].(string); ok {
			return v, true
		}
		return "/", true
	case "name without a leading slash":
		return strings.TrimPrefix(m.str("name"), "/"), true
	}
	if found := prefixed.FindStringSubmatch(name); found != nil {
		n, _ := strconv.Atoi(found[2])
		return m.random(property, n, map[string]string{"hex": hexDigits, "rand": lowerAlnum, "digits": digits}[found[1]]), true
	}
	if found := counted.FindStringSubmatch(name); found != nil {
		n, _ := strconv.Atoi(found[1])
		alphabet := map[string]string{"hex": hexDigits, "digits": digits, "upper-case alphanumerics": upperAlnum, "lower-case alphanumerics": lowerAlnum}
		return m.random(property, n, alphabet[found[2]]), true
	}
	if lower, ok := strings.CutSuffix(name, " lower-cased"); ok {
		return strings.ToLower(m.str(lower)), true
	}
	_, output := m.t.Outputs[name]
	_, input := m.t.Inputs[name]
	return m.str(name), output || input
}
