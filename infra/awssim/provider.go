package awssim

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"

	rpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/structpb"

	"github.com/task-tracker/task-tracker/infra/fault"
)

// provider answers for `aws`.
type provider struct {
	common
	*Server
}

var regionName = regexp.MustCompile(`^[a-z]{2}(-[a-z]+)+-\d$`)

// CheckConfig refuses a provider without a region, as the real one does.
func (p *provider) CheckConfig(_ context.Context, r *rpc.CheckRequest) (*rpc.CheckResponse, error) {
	config, err := decode(r.GetNews())
	if err != nil {
		return nil, err
	}
	response := &rpc.CheckResponse{Inputs: r.GetNews()}
	reject := func(property, format string, args ...any) {
		response.Failures = append(response.Failures, &rpc.CheckFailure{Property: property, Reason: fmt.Sprintf(format, args...)})
	}
	switch region := config.values["region"].(type) {
	case nil:
		reject("region", "is missing; set aws:region, or the provider's region")
	case string:
		if !regionName.MatchString(region) {
			reject("region", "%q is no AWS region; write one like us-east-1", region)
		}
	}
	if allowed := setting(config.values["allowedAccountIds"]); allowed != nil && known(allowed) {
		if !slices.Contains(elements(allowed), any(p.options.Account)) {
			reject("allowedAccountIds", "AWS account ID not allowed: %s; these credentials belong to another account", p.options.Account)
		}
	}
	return response, nil
}

// setting reads a setting of the provider: the engine passes lists and objects as JSON.
func setting(v any) any {
	if d, ok := jsonDocument(v); ok {
		return d
	}
	return v
}

// DiffConfig replaces a provider whose region changes, and so what it made.
func (p *provider) DiffConfig(_ context.Context, r *rpc.DiffRequest) (*rpc.DiffResponse, error) {
	all, err := decodeAll(r.GetOldInputs(), r.GetNews())
	if err != nil {
		return nil, err
	}
	olds, news := all[0], all[1]
	response := &rpc.DiffResponse{Changes: rpc.DiffResponse_DIFF_NONE}
	if !alike(olds.values, news.values) {
		response.Changes = rpc.DiffResponse_DIFF_SOME
	}
	if old := olds.values["region"]; old != nil && !alike(old, news.values["region"]) {
		response.Replaces, response.Diffs = []string{"region"}, []string{"region"}
	}
	return response, nil
}

// Configure notes region and default tags for the connection it comes through.
func (p *provider) Configure(ctx context.Context, r *rpc.ConfigureRequest) (*rpc.ConfigureResponse, error) {
	config, err := decode(r.GetArgs())
	if err != nil {
		return nil, err
	}
	region, _ := config.values["region"].(string)
	if region == "" {
		region = r.GetVariables()["aws:config:region"] //nolint:staticcheck // where older engines put it
	}
	s := sessionOf(ctx)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.region = region
	if tags, ok := setting(config.values["defaultTags"]).(map[string]any); ok {
		s.tags, _ = setting(tags["tags"]).(map[string]any)
	}
	return &rpc.ConfigureResponse{AcceptSecrets: true, SupportsPreview: true}, nil
}

func (s *session) read() (region string, tags map[string]any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.region, s.tags
}

// merged are the default tags of the provider and those of the inputs, which win; nil where there are none.
func merged(defaults map[string]any, inputs map[string]any) map[string]any {
	all := map[string]any{}
	for k, v := range defaults {
		all[k] = v
	}
	own, _ := inputs["tags"].(map[string]any)
	for k, v := range own {
		all[k] = v
	}
	if len(all) == 0 {
		return nil
	}
	return all
}

func tokenOf(urn string) string {
	parts := strings.Split(urn, "::") // urn:pulumi:stack::project::parent$type::name
	if len(parts) < 4 {
		return ""
	}
	return parts[2][strings.LastIndex(parts[2], "$")+1:]
}

// asked reads what a request is about: the type of its URN, and its trees of values.
func (p *provider) asked(urn string, structs ...*structpb.Struct) (*typeInfo, []properties, error) {
	t, err := p.types.lookup(tokenOf(urn))
	if err != nil {
		return nil, nil, err
	}
	trees, err := decodeAll(structs...)
	return t, trees, err
}

func (p *provider) Check(_ context.Context, r *rpc.CheckRequest) (*rpc.CheckResponse, error) {
	t, trees, err := p.asked(r.GetUrn(), r.GetOlds(), r.GetNews())
	if err != nil {
		return nil, err
	}
	olds, news := trees[0], trees[1]
	delete(news.values, defaultsKey)
	var faults fault.Set
	checker{p.types, t, news.values, &faults}.run()
	if list := failures(&faults); len(list) > 0 {
		return &rpc.CheckResponse{Inputs: r.GetNews(), Failures: list}, nil
	}
	p.mu.Lock()
	fill(p.world, t, p.options.Seed, r.GetUrn(), olds.values, news.values)
	p.mu.Unlock()
	inputs, err := news.encode()
	return &rpc.CheckResponse{Inputs: inputs}, err
}

func failures(faults *fault.Set) []*rpc.CheckFailure {
	var all []*rpc.CheckFailure
	for _, f := range faults.Faults() {
		all = append(all, &rpc.CheckFailure{Property: f.Path, Reason: f.Message})
	}
	return all
}

func (p *provider) Diff(ctx context.Context, r *rpc.DiffRequest) (*rpc.DiffResponse, error) {
	t, trees, err := p.asked(r.GetUrn(), r.GetOldInputs(), r.GetNews(), r.GetOlds())
	if err != nil {
		return nil, err
	}
	_, tags := sessionOf(ctx).read()
	return diff(t, trees[0].values, trees[1].values, trees[2].values, merged(tags, trees[1].values)), nil
}

// outline is what a preview can say of an object: its inputs, and that the rest is unknown.
func outline(t *typeInfo, inputs, olds, tags map[string]any) map[string]any {
	out := clone(inputs)
	delete(out, defaultsKey)
	for property := range t.Outputs {
		switch _, input := t.Inputs[property]; {
		case property == "tagsAll":
			out[property] = tags
		case out[property] != nil:
		case olds != nil:
			if old := olds[property]; old != nil && (!input || t.facts.computedInput[property]) {
				out[property] = old
			}
		case !input || t.facts.computedInput[property]:
			out[property] = unknown{}
		}
		if out[property] == nil || property == "tagsAll" && tags == nil {
			delete(out, property)
		}
	}
	return out
}

// secretly marks the outputs that hold a secret.
func secretly(t *typeInfo, values map[string]any, marks ...map[string]bool) (*structpb.Struct, error) {
	p := properties{values, map[string]bool{}}
	for _, s := range t.Secrets {
		p.secrets[s] = true
	}
	for _, m := range marks {
		for k := range m {
			p.secrets[k] = true
		}
	}
	return p.encode()
}

// halfDone is the error of an object that exists, and was not waited for.
func halfDone(id string, inputs, outputs *structpb.Struct, reason string) error {
	s, err := status.New(codes.Unknown, reason).WithDetails(&rpc.ErrorResourceInitFailed{
		Id: id, Properties: outputs, Inputs: inputs, Reasons: []string{reason},
	})
	if err != nil {
		return err
	}
	return s.Err()
}

func withoutInternals(inputs map[string]any) map[string]any {
	in := clone(inputs)
	for k := range in {
		if strings.HasPrefix(k, "__") {
			delete(in, k)
		}
	}
	return in
}

// jsonText is a value as JSON, for messages.
func jsonText(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	return string(b)
}
