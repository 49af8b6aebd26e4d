package e2e

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/pb33f/libopenapi"
	validator "github.com/pb33f/libopenapi-validator"
	"github.com/pb33f/libopenapi-validator/config"
	"github.com/pb33f/libopenapi-validator/errors"
	"github.com/pb33f/libopenapi/datamodel/high/base"
	v3 "github.com/pb33f/libopenapi/datamodel/high/v3"

	"github.com/task-tracker/task-tracker/app/api"
)

// contract is openapi.yaml, to hold requests and answers against.
type contract struct {
	mu         sync.Mutex // the validator fills caches
	validator  validator.Validator
	operations []operation
	codes      map[int][]string // the problem codes of each status, from the table in the contract's text
}

// operation is one method on one path of the contract.
type operation struct {
	*v3.Operation
	method, path string
	parameters   []*v3.Parameter // the path's included
	pattern      *regexp.Regexp  // of concrete paths
}

// String names the operation in messages.
func (o operation) String() string { return o.method + " " + o.path }

// public reports whether the operation takes no token.
func (o operation) public() bool { return o.Security != nil }

// components are the contract's named schemas, there once it is loaded.
var components map[string]*base.SchemaProxy

// schemaOf is what a proxy stands for. The library shows a reference with something beside it, such as a description, as
// what stands beside it alone.
func schemaOf(proxy *base.SchemaProxy) *base.Schema {
	if name, ok := strings.CutPrefix(proxy.GetReference(), "#/components/schemas/"); ok {
		return components[name].Schema()
	}
	return proxy.Schema()
}

var loadContract = sync.OnceValues(func() (*contract, error) {
	doc, err := libopenapi.NewDocument(api.SpecYAML)
	if err != nil {
		return nil, err
	}
	model, err := doc.BuildV3Model()
	if err != nil {
		return nil, err
	}
	components = maps.Collect(model.Model.Components.Schemas.FromOldest())
	v, errs := validator.NewValidator(doc, config.WithFormatAssertions(), config.WithoutSecurityValidation())
	if len(errs) > 0 {
		return nil, errs[0]
	}
	c := &contract{validator: v, codes: map[int][]string{}}
	variable := regexp.MustCompile(`\\\{[a-z_]+\\\}`)
	for path, item := range model.Model.Paths.PathItems.FromOldest() {
		pattern, err := regexp.Compile("^" + variable.ReplaceAllString(regexp.QuoteMeta(path), `[^/]+`) + "$")
		if err != nil {
			return nil, err
		}
		for method, op := range item.GetOperations().FromOldest() {
			c.operations = append(c.operations, operation{op, strings.ToUpper(method), path, slices.Concat(item.Parameters, op.Parameters), pattern})
		}
	}
	// Fixed paths first: /v1/workspaces/import is no workspace.
	slices.SortStableFunc(c.operations, func(a, b operation) int { return strings.Count(a.path, "{") - strings.Count(b.path, "{") })
	row := regexp.MustCompile(`(?m)^\| ([0-9]{3}) \| (.*) \|$`)
	code := regexp.MustCompile("`([a-z_]+)`")
	for _, m := range row.FindAllStringSubmatch(model.Model.Info.Description, -1) {
		status, _ := strconv.Atoi(m[1]) // three digits
		for _, name := range code.FindAllStringSubmatch(m[2], -1) {
			c.codes[status] = append(c.codes[status], name[1])
		}
	}
	if len(c.operations) < 60 || len(c.codes) < 15 {
		return nil, fmt.Errorf("openapi.yaml: found %d operations and %d statuses", len(c.operations), len(c.codes))
	}
	return c, nil
})

// find gives the operation that a request is for; ok is false where the contract has none.
func (c *contract) find(method, path string) (op operation, ok bool) {
	if method == http.MethodHead {
		method = http.MethodGet
	}
	for _, op := range c.operations {
		if op.pattern.MatchString(path) {
			for _, other := range c.operations {
				if other.path == op.path && other.method == method {
					return other, true
				}
			}
			return operation{}, false
		}
	}
	return operation{}, false
}

// breaches says how an answer is not as the contract has it. What the contract does not know must be a 404 or a 405.
func (c *contract) breaches(r *http.Request, res *response) []string {
	var out []string
	breach := func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) }
	if res.status >= 400 && res.method != http.MethodHead {
		if code := problemCode(res); !slices.Contains(c.codes[res.status], code) {
			breach("status %d has no code %q", res.status, code)
		}
	}
	op, ok := c.find(r.Method, r.URL.Path)
	if !ok {
		if res.status != http.StatusNotFound && res.status != http.StatusMethodNotAllowed {
			breach("the contract has no such operation, want 404 or 405")
		}
		return out
	}
	answer := op.Responses.Codes.GetOrZero(strconv.Itoa(res.status))
	if answer == nil {
		if res.status < 400 {
			breach("status %d is not in the contract", res.status)
		}
		answer = op.Responses.Default
	}
	if r.Method == http.MethodHead {
		return out
	}
	if answer.Content == nil && len(res.body) > 0 {
		breach("a body where the contract has none")
	}
	if answer.Content != nil {
		mediaType, _, _ := strings.Cut(res.header.Get("Content-Type"), ";")
		if answer.Content.GetOrZero(mediaType) == nil {
			breach("Content-Type %q is not in the contract", mediaType)
			return out
		}
	}
	for _, name := range promised(res.status) {
		if answer.Headers.GetOrZero(name) != nil && res.header.Get(name) == "" {
			breach("no %s", name)
		}
	}
	return append(out, c.validate(r, res)...)
}

// promised are the headers that are always there where the contract has them.
func promised(status int) []string {
	switch status {
	case http.StatusCreated:
		return []string{"ETag", "Location"}
	case http.StatusOK, http.StatusNotModified:
		return []string{"ETag", "Content-Disposition"}
	case http.StatusFound:
		return []string{"Location"}
	}
	return nil
}

func (c *contract) validate(r *http.Request, res *response) []string {
	if res.header.Get("Content-Type") == "application/x-ndjson" { // the validator takes it for one document
		return checkLines(res.plain())
	}
	copied := *res.raw
	copied.Header = res.header.Clone()
	copied.Header.Del("Content-Encoding")
	copied.Body = io.NopCloser(bytes.NewReader(res.plain()))
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, faults := c.validator.ValidateHttpResponse(r, &copied); len(faults) > 0 {
		return describe(faults)
	}
	return nil
}

// checkLines holds an export against the schema NDJSON, which says in words what each line is.
func checkLines(body []byte) []string {
	for line := range bytes.Lines(body) {
		if kind, ok := decodeObject(line)["type"].(string); !ok || kind == "" {
			return []string{fmt.Sprintf("no object with a type: %.80s", line)}
		}
	}
	return nil
}

// allows reports whether a request is one that the contract describes, and if not, why.
func (c *contract) allows(r *http.Request) (bool, []string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	ok, faults := c.validator.ValidateHttpRequestSync(r)
	return ok, describe(faults)
}

func describe(faults []*errors.ValidationError) []string {
	var out []string
	for _, f := range faults {
		text := f.Message + ": " + f.Reason
		for _, s := range f.SchemaValidationErrors {
			text += fmt.Sprintf("; %s at %q", s.Reason, s.FieldPath)
		}
		out = append(out, text)
	}
	return out
}

func problemCode(res *response) string {
	code, _ := decodeObject(res.plain())["code"].(string)
	return code
}
