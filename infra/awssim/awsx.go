package awssim

import (
	"context"
	"fmt"
	"slices"
	"strings"

	rpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
)

// crosswalk answers for `awsx`: components whose children are real resources of `aws` and `docker-build`.
type crosswalk struct{ common }

// Construct builds a component through the monitor of the engine that asks.
func (c *crosswalk) Construct(ctx context.Context, r *rpc.ConstructRequest) (*rpc.ConstructResponse, error) {
	conn, err := grpc.NewClient(r.GetMonitorEndpoint(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return nil, err
	}
	defer func() { _ = conn.Close() }() // the answer is complete by then
	inputs, err := decode(r.GetInputs())
	if err != nil {
		return nil, err
	}
	b := &builder{ctx: ctx, request: r, engine: rpc.NewResourceMonitorClient(conn)}
	self, err := b.engine.RegisterResource(ctx, &rpc.RegisterResourceRequest{
		Type: r.GetType(), Name: r.GetName(), Parent: r.GetParent(), Object: r.GetInputs(), Providers: r.GetProviders(),
		AcceptSecrets: true, AcceptResources: true, SupportsPartialValues: true,
	})
	if err != nil {
		return nil, err
	}
	b.parent = self.GetUrn()
	var state properties
	switch r.GetType() {
	case "awsx:ecr:Repository":
		state, err = b.repository(inputs)
	case "awsx:ecr:Image":
		state, err = b.image(inputs)
	default:
		err = fmt.Errorf("awssim knows no component %q; add it to infra/awssim/awsx.go", r.GetType())
	}
	if err != nil {
		return nil, err
	}
	outputs, err := state.encode()
	if err != nil {
		return nil, err
	}
	_, err = b.engine.RegisterResourceOutputs(ctx, &rpc.RegisterResourceOutputsRequest{Urn: self.GetUrn(), Outputs: outputs})
	waits := map[string]*rpc.ConstructResponse_PropertyDependencies{}
	for property := range state.values {
		waits[property] = &rpc.ConstructResponse_PropertyDependencies{Urns: b.children}
	}
	return &rpc.ConstructResponse{Urn: self.GetUrn(), State: outputs, StateDependencies: waits}, err
}

// builder registers the children of one component.
type builder struct {
	ctx      context.Context
	request  *rpc.ConstructRequest
	engine   rpc.ResourceMonitorClient
	parent   string   // the component's URN
	children []string // those of what it has registered
}

// child registers a resource below the component. It depends on all that the component's inputs come from.
func (b *builder) child(token, name string, inputs properties) (properties, error) {
	object, err := inputs.encode()
	if err != nil {
		return properties{}, err
	}
	needs := slices.Clone(b.children)
	for _, input := range sorted(b.request.GetInputDependencies()) {
		needs = append(needs, b.request.GetInputDependencies()[input].GetUrns()...)
	}
	service, _, _ := strings.Cut(token, ":")
	made, err := b.engine.RegisterResource(b.ctx, &rpc.RegisterResourceRequest{
		Type: token, Name: name, Parent: b.parent, Custom: true, Object: object, Provider: b.request.GetProviders()[service],
		Dependencies: needs, AcceptSecrets: true, AcceptResources: true, SupportsPartialValues: true,
	})
	if err != nil {
		return properties{}, err
	}
	b.children = append(b.children, made.GetUrn())
	return decode(made.GetObject())
}

// lifecycleDefault is what awsx keeps of untagged images: the last.
const lifecycleDefault = `{"rules":[{"rulePriority":1,"selection":{"tagStatus":"untagged","countType":"imageCountMoreThan",` +
	`"countNumber":1},"action":{"type":"expire"}}]}`

func (b *builder) repository(inputs properties) (properties, error) {
	policy, custom := inputs.values["lifecyclePolicy"].(map[string]any)
	delete(inputs.values, "lifecyclePolicy")
	name := b.request.GetName()
	made, err := b.child("aws:ecr/repository:Repository", name, inputs)
	if err != nil {
		return made, err
	}
	if policy["skip"] != true {
		document := any(lifecycleDefault)
		if rules := elements(policy["rules"]); custom && rules != nil {
			document = lifecycleRules(rules)
		}
		settings := properties{values: map[string]any{"repository": orUnknown(made.values["name"]), "policy": document}}
		if _, err := b.child("aws:ecr/lifecyclePolicy:LifecyclePolicy", name, settings); err != nil {
			return made, err
		}
	}
	return properties{values: map[string]any{"url": orUnknown(made.values["repositoryUrl"])}}, nil
}

// orUnknown reads an absent value as one that the preview leaves out.
func orUnknown(v any) any {
	if v == nil {
		return unknown{}
	}
	return v
}

// lifecycleRules writes awsx's rules as ECR's document.
func lifecycleRules(rules []any) string {
	var list []any
	for i, rule := range rules {
		r, _ := rule.(map[string]any)
		selection := map[string]any{"tagStatus": orDefault(r["tagStatus"], "any")}
		if prefixes := elements(r["tagPrefixList"]); prefixes != nil {
			selection["tagPrefixList"] = prefixes
		}
		if n := r["maximumNumberOfImages"]; n != nil {
			selection["countType"], selection["countNumber"] = "imageCountMoreThan", n
		} else {
			selection["countType"], selection["countUnit"], selection["countNumber"] = "sinceImagePushed", "days", r["maximumAgeLimit"]
		}
		entry := map[string]any{"rulePriority": i + 1, "selection": selection, "action": map[string]any{"type": "expire"}}
		if r["description"] != nil {
			entry["description"] = r["description"]
		}
		list = append(list, entry)
	}
	return jsonText(map[string]any{"rules": list})
}

func orDefault(v, otherwise any) any {
	if v == nil {
		return otherwise
	}
	return v
}

// image builds and pushes through docker-build. Where an input is not known yet it registers nothing, as awsx does: its first
// preview lacks the child. Source: https://github.com/pulumi/pulumi-awsx/blob/v2.22.0/awsx/ecr/image.ts.
func (b *builder) image(inputs properties) (properties, error) {
	in := inputs.values
	if !known(in) {
		return properties{values: map[string]any{"imageUri": unknown{}}}, nil
	}
	url, _ := in["repositoryUrl"].(string)
	tag := awsxTag(b.request.GetStack(), in)
	for _, property := range []string{"imageTag", "imageName"} { // the last one that is set
		if given, ok := in[property].(string); ok && given != "" {
			tag = given
		}
	}
	ref := url + ":" + tag
	registry, err := b.credentials(url, in["registryId"])
	if err != nil {
		return properties{}, err
	}
	caches := []any{}
	for _, from := range elements(orDefault(in["cacheFrom"], []any{ref})) {
		caches = append(caches, map[string]any{"registry": map[string]any{"ref": from}})
	}
	build := properties{
		values: map[string]any{
			"tags": []any{ref}, "push": true, "registries": []any{registry}, "cacheFrom": caches,
			"cacheTo": []any{map[string]any{"inline": map[string]any{}}},
			"context": map[string]any{"location": orDefault(in["context"], ".")}, "dockerfile": map[string]any{"location": in["dockerfile"]},
		},
		secrets: map[string]bool{"registries": true},
	}
	for to, from := range map[string]string{"buildArgs": "args", "target": "target"} {
		if in[from] != nil {
			build.values[to] = in[from]
		}
	}
	if in["platform"] != nil {
		build.values["platforms"] = []any{in["platform"]}
	}
	made, err := b.child(tImage, tag, build)
	if err != nil {
		return made, err
	}
	digest, ok := made.values["digest"].(string)
	if !ok {
		return properties{values: map[string]any{"imageUri": unknown{}}}, nil
	}
	return properties{values: map[string]any{"imageUri": url + "@" + digest}}, nil
}

// credentials asks ECR for a login of twelve hours.
func (b *builder) credentials(url string, registry any) (map[string]any, error) {
	account, _, _ := strings.Cut(url, ".")
	args, err := properties{values: map[string]any{"registryId": orDefault(registry, account)}}.encode()
	if err != nil {
		return nil, err
	}
	answer, err := b.engine.Invoke(b.ctx, &rpc.ResourceInvokeRequest{
		Tok: "aws:ecr/getAuthorizationToken:getAuthorizationToken", Args: args, Provider: b.request.GetProviders()["aws"],
	})
	if err != nil {
		return nil, err
	}
	login, err := decode(answer.GetReturn())
	if err != nil {
		return nil, err
	}
	return map[string]any{
		"address": login.values["proxyEndpoint"], "username": login.values["userName"], "password": login.values["password"],
	}, nil
}

// awsxOwn ends the tags that awsx makes up. They say where an image is built, and nothing of what is in it.
const awsxOwn = "-container"

func awsxTag(stack string, in map[string]any) string {
	signature := fmt.Sprint(orDefault(in["context"], "."))
	if in["dockerfile"] != nil {
		signature += fmt.Sprint(";dockerfile=", in["dockerfile"])
	}
	args, _ := in["args"].(map[string]any)
	for _, name := range sorted(args) {
		signature += fmt.Sprintf(";arg[%s]=%v", name, args[name])
	}
	return hashed(signature + stack)[:8] + awsxOwn
}
