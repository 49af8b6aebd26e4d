package awssim

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	rpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/protobuf/types/known/emptypb"
)

// crosswalk answers for `awsx`: components whose children are real resources of `aws`.
type crosswalk struct {
	rpc.UnimplementedResourceProviderServer
}

func (c *crosswalk) GetPluginInfo(context.Context, *emptypb.Empty) (*rpc.PluginInfo, error) {
	return &rpc.PluginInfo{Version: "2.22.0"}, nil
}

// Attach tells where the engine is; Construct is told again.
func (c *crosswalk) Attach(context.Context, *rpc.PluginAttach) (*emptypb.Empty, error) {
	return &emptypb.Empty{}, nil
}

// Cancel has nothing to cancel: no operation waits.
func (c *crosswalk) Cancel(context.Context, *emptypb.Empty) (*emptypb.Empty, error) {
	return &emptypb.Empty{}, nil
}

func (c *crosswalk) CheckConfig(_ context.Context, r *rpc.CheckRequest) (*rpc.CheckResponse, error) {
	return &rpc.CheckResponse{Inputs: r.GetNews()}, nil
}

func (c *crosswalk) DiffConfig(context.Context, *rpc.DiffRequest) (*rpc.DiffResponse, error) {
	return &rpc.DiffResponse{Changes: rpc.DiffResponse_DIFF_NONE}, nil
}

func (c *crosswalk) Configure(context.Context, *rpc.ConfigureRequest) (*rpc.ConfigureResponse, error) {
	return &rpc.ConfigureResponse{AcceptSecrets: true, SupportsPreview: true, AcceptResources: true, AcceptOutputs: true}, nil
}

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
	b := builder{ctx, r, rpc.NewResourceMonitorClient(conn)}
	self, err := b.engine.RegisterResource(ctx, &rpc.RegisterResourceRequest{
		Type: r.GetType(), Name: r.GetName(), Parent: r.GetParent(), Object: r.GetInputs(), Providers: r.GetProviders(),
		AcceptSecrets: true, AcceptResources: true, SupportsPartialValues: true,
	})
	if err != nil {
		return nil, err
	}
	var state properties
	switch r.GetType() {
	case "awsx:ecr:Repository":
		state, err = b.repository(self.GetUrn(), inputs)
	case "awsx:ecr:Image":
		state, err = imageState(inputs)
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
	return &rpc.ConstructResponse{Urn: self.GetUrn(), State: outputs}, err
}

// builder registers the children of one component.
type builder struct {
	ctx     context.Context
	request *rpc.ConstructRequest
	engine  rpc.ResourceMonitorClient
}

func (b builder) child(parent, token, name string, inputs properties) (properties, error) {
	object, err := inputs.encode()
	if err != nil {
		return properties{}, err
	}
	made, err := b.engine.RegisterResource(b.ctx, &rpc.RegisterResourceRequest{
		Type: token, Name: name, Parent: parent, Custom: true, Object: object, Provider: b.request.GetProviders()["aws"],
		AcceptSecrets: true, AcceptResources: true, SupportsPartialValues: true,
	})
	if err != nil {
		return properties{}, err
	}
	return decode(made.GetObject())
}

// lifecycleDefault is what awsx keeps of untagged images: the last.
const lifecycleDefault = `{"rules":[{"rulePriority":1,"selection":{"tagStatus":"untagged","countType":"imageCountMoreThan",` +
	`"countNumber":1},"action":{"type":"expire"}}]}`

func (b builder) repository(parent string, inputs properties) (properties, error) {
	policy, custom := inputs.values["lifecyclePolicy"].(map[string]any)
	delete(inputs.values, "lifecyclePolicy")
	name := b.request.GetName()
	made, err := b.child(parent, "aws:ecr/repository:Repository", name, inputs)
	if err != nil {
		return made, err
	}
	if policy["skip"] != true {
		document := any(lifecycleDefault)
		if rules := elements(policy["rules"]); custom && rules != nil {
			document = lifecycleRules(rules)
		}
		settings := properties{values: map[string]any{"repository": orUnknown(made.values["name"]), "policy": document}}
		if _, err := b.child(parent, "aws:ecr/lifecyclePolicy:LifecyclePolicy", name, settings); err != nil {
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

// imageState gives the digest that a build of the context would be pushed under: made of the tag where there is one, since
// a tag is never pushed twice, else a hash of the context's files.
func imageState(inputs properties) (properties, error) {
	url, ok := inputs.values["repositoryUrl"].(string)
	if !ok {
		return properties{values: map[string]any{"imageUri": unknown{}}}, nil
	}
	if tag, ok := inputs.values["imageTag"].(string); ok && tag != "" {
		sum := sha256.Sum256([]byte(tag))
		return properties{values: map[string]any{"imageUri": url + "@sha256:" + hex.EncodeToString(sum[:])}}, nil
	}
	folder, ok := inputs.values["context"].(string)
	if !ok {
		folder = "."
	}
	digest, err := digestOf(folder)
	return properties{values: map[string]any{"imageUri": url + "@sha256:" + digest}}, err
}

// digestOf hashes the names and contents of a folder's files; dot-folders are no part of an image.
func digestOf(folder string) (string, error) {
	sum := sha256.New()
	err := filepath.WalkDir(folder, func(path string, e fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case e.IsDir() && path != folder && e.Name()[0] == '.':
			return fs.SkipDir
		case !e.Type().IsRegular():
			return nil
		}
		text, err := os.ReadFile(path)
		name, _ := filepath.Rel(folder, path)
		_, _ = fmt.Fprintf(sum, "%s %x\n", name, sha256.Sum256(text)) // a hash takes everything
		return err
	})
	return hex.EncodeToString(sum.Sum(nil)), err
}
