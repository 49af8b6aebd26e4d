package api_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/pb33f/libopenapi"
	validator "github.com/pb33f/libopenapi-validator"
	"github.com/pb33f/libopenapi-validator/schema_validation"
	"github.com/pb33f/libopenapi/datamodel/high/base"
	v3 "github.com/pb33f/libopenapi/datamodel/high/v3"

	"github.com/task-tracker/task-tracker/app/api"
)

// secret lists the operations that cannot replay: what they answer is a secret, which must not be stored, or nobody is left to ask.
var secret = []string{"signUp", "createSession", "createToken", "createServiceToken", "createInvitation", "deleteMe"}

type operation struct {
	path, method string
	item         *v3.PathItem
	*v3.Operation
}

func (o operation) String() string { return o.method + " " + o.path }

// param finds a parameter of the operation or its path by place and name.
func (o operation) param(in, name string) *v3.Parameter {
	for _, p := range slices.Concat(o.Parameters, o.item.Parameters) {
		if p.In == in && p.Name == name {
			return p
		}
	}
	return nil
}

// success is the operation's first response below 400 with its status.
func (o operation) success() (string, *v3.Response) {
	for status, r := range o.Responses.Codes.FromOldest() {
		if status < "4" && status != "304" {
			return status, r
		}
	}
	return "", nil
}

func (o operation) answers(header string) bool {
	_, r := o.success()
	return r != nil && r.Headers != nil && r.Headers.GetOrZero(header) != nil
}

func document(t *testing.T, src []byte) (libopenapi.Document, *v3.Document) {
	t.Helper()
	doc, err := libopenapi.NewDocument(src)
	if err != nil {
		t.Fatalf("read openapi.yaml: %v", err)
	}
	model, err := doc.BuildV3Model()
	if err != nil {
		t.Fatalf("build the model: %v", err)
	}
	return doc, &model.Model
}

func operations(t *testing.T, m *v3.Document) []operation {
	t.Helper()
	var ops []operation
	for path, item := range m.Paths.PathItems.FromOldest() {
		for method, op := range item.GetOperations().FromOldest() {
			ops = append(ops, operation{path: path, method: strings.ToUpper(method), item: item, Operation: op})
		}
	}
	if len(ops) < 60 {
		t.Fatalf("only %d operations found", len(ops))
	}
	return ops
}

func TestDocumentIsValid(t *testing.T) {
	t.Parallel()
	for name, src := range map[string][]byte{"yaml": api.SpecYAML, "json": api.SpecJSON()} {
		doc, _ := document(t, src)
		v, errs := validator.NewValidator(doc)
		if len(errs) > 0 {
			t.Fatalf("%s: %v", name, errs)
		}
		_, faults := v.ValidateDocument()
		for _, f := range faults {
			t.Errorf("%s: %s: %s", name, f.Message, f.Reason)
			for _, s := range f.SchemaValidationErrors {
				t.Errorf("    %s at %s", s.Reason, s.FieldPath)
			}
		}
	}
}

func TestSpecJSON(t *testing.T) {
	t.Parallel()
	if !json.Valid(api.SpecJSON()) {
		t.Fatal("SpecJSON is not JSON")
	}
	if strings.Contains(string(api.SpecJSON()), `"x-`) {
		t.Error("SpecJSON shows hints to the code generator")
	}
	if !strings.HasPrefix(string(api.SpecJSON()), `{"openapi":"3.1.0","info":{"title":`) {
		t.Errorf("SpecJSON does not keep the order: %.80s", api.SpecJSON())
	}
}

func TestOperationsAreDescribed(t *testing.T) {
	t.Parallel()
	_, m := document(t, api.SpecYAML)
	var tags []string
	for _, tag := range m.Tags {
		tags = append(tags, tag.Name)
	}
	seen := map[string]bool{}
	for _, op := range operations(t, m) {
		if op.OperationId == "" || seen[op.OperationId] {
			t.Errorf("%s: operationId %q is empty or taken", op, op.OperationId)
		}
		seen[op.OperationId] = true
		if op.Summary == "" || op.Description == "" {
			t.Errorf("%s: no summary or no description", op)
		}
		if len(op.Tags) != 1 || !slices.Contains(tags, op.Tags[0]) {
			t.Errorf("%s: tags %v, want one that is declared", op, op.Tags)
		}
		for _, part := range strings.Split(op.path, "/") {
			if name, ok := strings.CutPrefix(part, "{"); ok && op.param("path", strings.TrimSuffix(name, "}")) == nil {
				t.Errorf("%s: no parameter for %s", op, part)
			}
		}
	}
}

func TestEveryFailureIsAProblem(t *testing.T) {
	t.Parallel()
	_, m := document(t, api.SpecYAML)
	for _, op := range operations(t, m) {
		if op.Responses.Default == nil {
			t.Errorf("%s: no default response", op)
			continue
		}
		failures := map[string]*v3.Response{"default": op.Responses.Default}
		for status, r := range op.Responses.Codes.FromOldest() {
			if status >= "4" {
				failures[status] = r
			}
			if r.Headers.GetOrZero("X-Request-Id") == nil {
				t.Errorf("%s: %s: no X-Request-Id", op, status)
			}
		}
		for status, r := range failures {
			media := r.Content.GetOrZero("application/problem+json")
			if media == nil || r.Content.Len() != 1 || media.Schema.GetReference() != "#/components/schemas/Problem" {
				t.Errorf("%s: %s: is no problem", op, status)
			}
			if (status == "429" || status == "503") && r.Headers.GetOrZero("Retry-After") == nil {
				t.Errorf("%s: %s: no Retry-After", op, status)
			}
		}
		if public := op.Security != nil; !public && (failures["401"] == nil || failures["403"] == nil || failures["429"] == nil) {
			t.Errorf("%s: takes a token, but has no 401, 403 or 429", op)
		}
	}
}

func TestConditionsAndKeys(t *testing.T) {
	t.Parallel()
	_, m := document(t, api.SpecYAML)
	for _, op := range operations(t, m) {
		status, _ := op.success()
		hasKey := op.param("header", "Idempotency-Key") != nil
		if want := op.method == "POST" && !slices.Contains(secret, op.OperationId); hasKey != want {
			t.Errorf("%s: takes an Idempotency-Key: %v, want %v", op, hasKey, want)
		}
		if hasKey && !op.answers("Idempotency-Replayed") && op.OperationId != "importWorkspace" {
			t.Errorf("%s: does not say whether it replays", op)
		}
		if status == "201" && !op.answers("Location") {
			t.Errorf("%s: creates without a Location", op)
		}
		if op.answers("ETag") {
			if op.method == "GET" && (op.param("header", "If-None-Match") == nil || op.Responses.Codes.GetOrZero("304") == nil) {
				t.Errorf("%s: has an ETag, but no If-None-Match or 304", op)
			}
			if op.method == "PATCH" && (op.param("header", "If-Match") == nil || op.Responses.Codes.GetOrZero("412") == nil) {
				t.Errorf("%s: has an ETag, but no If-Match or 412", op)
			}
		}
		if op.method == "PATCH" {
			for _, media := range []string{"application/merge-patch+json", "application/json"} {
				if op.RequestBody.Content.GetOrZero(media) == nil {
					t.Errorf("%s: does not take %s", op, media)
				}
			}
		}
		if op.method == "DELETE" && status != "204" {
			t.Errorf("%s: answers %s, want 204", op, status)
		}
	}
}

func TestListsArePaged(t *testing.T) {
	t.Parallel()
	_, m := document(t, api.SpecYAML)
	lists := 0
	for _, op := range operations(t, m) {
		_, r := op.success()
		var media *v3.MediaType
		if r.Content != nil {
			media = r.Content.GetOrZero("application/json")
		}
		page := media != nil && strings.HasSuffix(media.Schema.GetReference(), "Page")
		if named := strings.HasPrefix(op.OperationId, "list") || op.OperationId == "searchTasks"; page != named {
			t.Errorf("%s: %s answers a page: %v", op, op.OperationId, page)
		}
		if !page {
			continue
		}
		lists++
		if op.param("query", "limit") == nil || op.param("query", "cursor") == nil || op.param("header", "Prefer") == nil || !op.answers("Link") {
			t.Errorf("%s: lacks limit, cursor, Prefer or Link", op)
		}
	}
	if lists < 15 {
		t.Errorf("only %d lists found", lists)
	}
}

func TestInputsHaveLimits(t *testing.T) {
	t.Parallel()
	_, m := document(t, api.SpecYAML)
	bodies := 0
	for _, op := range operations(t, m) {
		for _, p := range slices.Concat(op.Parameters, op.item.Parameters) {
			limited(t, op.String()+" "+p.Name, p.Schema)
		}
		if op.RequestBody == nil {
			continue
		}
		for name, media := range op.RequestBody.Content.FromOldest() {
			if strings.HasSuffix(name, "json") && name != "application/x-ndjson" {
				bodies++
				limited(t, op.String(), media.Schema)
			}
		}
	}
	if bodies < 30 {
		t.Errorf("only %d bodies found", bodies)
	}
}

// limited reports what in an input has no bounds: objects that take any property, strings and arrays of any length.
func limited(t *testing.T, at string, proxy *base.SchemaProxy) {
	t.Helper()
	s := proxy.Schema()
	if s == nil {
		t.Errorf("%s: no schema", at)
		return
	}
	for _, of := range s.OneOf {
		limited(t, at, of)
	}
	switch {
	case slices.Contains(s.Type, "object"):
		if s.AdditionalProperties == nil || !s.AdditionalProperties.IsB() || s.AdditionalProperties.B {
			t.Errorf("%s: takes unknown properties", at)
		}
		for name, p := range s.Properties.FromOldest() {
			limited(t, at+"/"+name, p)
		}
	case slices.Contains(s.Type, "array"):
		if s.MaxItems == nil {
			t.Errorf("%s: array without maxItems", at)
		}
		limited(t, at+"/*", s.Items.A)
	case slices.Contains(s.Type, "string"):
		if s.MaxLength == nil && s.Pattern == "" && s.Enum == nil && s.Format != "uuid" && s.Format != "date-time" {
			t.Errorf("%s: string of any length", at)
		}
	case slices.Contains(s.Type, "integer"):
		if s.Minimum == nil {
			t.Errorf("%s: integer without a minimum", at)
		}
	}
}

func TestExamplesAreValid(t *testing.T) {
	t.Parallel()
	_, m := document(t, api.SpecYAML)
	v := schema_validation.NewSchemaValidator()
	n := 0
	for name, proxy := range m.Components.Schemas.FromOldest() {
		s := proxy.Schema()
		examples := s.Examples
		if s.Example != nil {
			examples = append(examples, s.Example)
		}
		for _, example := range examples {
			n++
			var value any
			if err := example.Decode(&value); err != nil {
				t.Fatal(err)
			}
			if ok, faults := v.ValidateSchemaObject(s, value); !ok {
				for _, f := range faults {
					t.Errorf("%s: %s", name, f.Error())
				}
			}
		}
	}
	if n < 20 {
		t.Errorf("only %d examples found", n)
	}
}
