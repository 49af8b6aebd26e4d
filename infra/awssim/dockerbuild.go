package awssim

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	rpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/structpb"

	"github.com/task-tracker/task-tracker/infra/fault"
)

// imageBuilder answers for `docker-build`, as far as awsx's image component uses it: one resource, an image that is pushed. It
// builds nothing; what it would have pushed stands among the account's objects until the resource is deleted.
// Source: https://github.com/pulumi/pulumi-docker-build/blob/main/provider/internal/image.go.
type imageBuilder struct {
	common
	*Server
}

// imageType is what an image takes; the blocks that awsx doesn't fill in are not looked into.
var imageType = &typeInfo{
	Token: tImage,
	Inputs: shape{
		"addHosts": "[]string", "buildArgs": "map[]string", "buildOnPreview": "bool", "builder": "any", "cacheFrom": "[]any",
		"cacheTo": "[]any", "context": "any", "dockerfile": "any", "exec": "bool", "exports": "[]any", "labels": "map[]string",
		"load": "bool", "network": "string", "noCache": "bool", "platforms": "[]string", "pull": "bool", "push": "bool!",
		"registries": "[]any", "secrets": "map[]string", "ssh": "[]any", "tags": "[]string", "target": "string",
	},
}

func (b *imageBuilder) Check(_ context.Context, r *rpc.CheckRequest) (*rpc.CheckResponse, error) {
	if token := tokenOf(r.GetUrn()); token != tImage {
		return nil, fmt.Errorf("awssim knows no resource type %q; of docker-build it knows %s", token, tImage)
	}
	inputs, err := decode(r.GetNews())
	if err != nil {
		return nil, err
	}
	var faults fault.Set
	checker{b.types, imageType, inputs.values, &faults}.run()
	for i, tag := range elements(inputs.values["tags"]) {
		if text, ok := tag.(string); ok {
			faults.Require(strings.Count(text[strings.LastIndex(text, "/")+1:], ":") == 1, fmt.Sprintf("tags[%d]", i),
				"%q is no name with a tag; write it as repository:tag", text)
		}
	}
	for property, value := range map[string]any{"buildOnPreview": true, "network": "default"} {
		inputs.values[property] = orDefault(inputs.values[property], value)
	}
	encoded, err := inputs.encode()
	return &rpc.CheckResponse{Inputs: encoded, Failures: failures(&faults)}, err
}

// Diff never replaces: another tag is pushed beside the old one. A login that is another one each time is no change.
func (b *imageBuilder) Diff(_ context.Context, r *rpc.DiffRequest) (*rpc.DiffResponse, error) {
	olds, err := decode(r.GetOldInputs())
	if err != nil {
		return nil, err
	}
	news, err := decode(r.GetNews())
	if err != nil {
		return nil, err
	}
	state, err := decode(r.GetOlds())
	if err != nil {
		return nil, err
	}
	hash, err := contextHash(news.values)
	if err != nil {
		return nil, err
	}
	changes := compare("", "", withoutPasswords(olds.values), withoutPasswords(news.values), nil)
	changes = append(changes, compare("contextHash", "contextHash", state.values["contextHash"], hash, nil)...)
	response := &rpc.DiffResponse{Changes: rpc.DiffResponse_DIFF_NONE, HasDetailedDiff: true, DetailedDiff: map[string]*rpc.PropertyDiff{}}
	for _, c := range changes {
		response.Changes = rpc.DiffResponse_DIFF_SOME
		response.DetailedDiff[c.path] = &rpc.PropertyDiff{Kind: c.kind, InputDiff: c.path != "contextHash"}
		response.Diffs = append(response.Diffs, c.path)
	}
	return response, nil
}

func withoutPasswords(inputs map[string]any) map[string]any {
	in := withoutInternals(inputs)
	for _, registry := range elements(in["registries"]) {
		if login, ok := registry.(map[string]any); ok {
			delete(login, "password")
		}
	}
	return in
}

func (b *imageBuilder) Create(_ context.Context, r *rpc.CreateRequest) (*rpc.CreateResponse, error) {
	inputs, err := decode(r.GetProperties())
	if err != nil {
		return nil, err
	}
	obj, err := b.built(r.GetUrn(), inputs)
	if err != nil {
		return nil, err
	}
	if r.GetPreview() {
		out, err := outputsOf(obj, inputs, true)
		return &rpc.CreateResponse{Properties: out}, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	met := b.strike(OpCreate, tImage)
	if err := met.err(OpCreate, tImage); err != nil {
		return nil, err
	}
	if err := obey(b.world, OpCreate, obj, nil); err != nil {
		return nil, err
	}
	b.world.objects = append(b.world.objects, obj)
	if err := b.save(); err != nil {
		return nil, err
	}
	out, err := outputsOf(obj, inputs, false)
	if err == nil && met == Timeout {
		return nil, halfDone(obj.ID, r.GetProperties(), out, "timeout while pushing "+text(obj, "tags"))
	}
	return &rpc.CreateResponse{Id: obj.ID, Properties: out}, err
}

// Update builds and pushes anew; what was pushed before stays in the repository.
func (b *imageBuilder) Update(_ context.Context, r *rpc.UpdateRequest) (*rpc.UpdateResponse, error) {
	inputs, err := decode(r.GetNews())
	if err != nil {
		return nil, err
	}
	obj, err := b.built(r.GetUrn(), inputs)
	if err != nil {
		return nil, err
	}
	if r.GetPreview() {
		out, err := outputsOf(obj, inputs, true)
		return &rpc.UpdateResponse{Properties: out}, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if err := b.strike(OpUpdate, tImage).err(OpUpdate, tImage); err != nil {
		return nil, err
	}
	at := b.index(r.GetId(), r.GetUrn())
	if at < 0 {
		return nil, fmt.Errorf("manifest unknown: the image %s does not exist; refresh, then update again", r.GetId())
	}
	obj.ID = r.GetId()
	if err := obey(b.world, OpUpdate, obj, b.world.objects[at]); err != nil {
		return nil, err
	}
	b.world.objects[at] = obj
	out, err := outputsOf(obj, inputs, false)
	return &rpc.UpdateResponse{Properties: out}, errors.Join(err, b.save())
}

func (b *imageBuilder) Read(_ context.Context, r *rpc.ReadRequest) (*rpc.ReadResponse, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.index(r.GetId(), r.GetUrn()) < 0 {
		return &rpc.ReadResponse{}, nil
	}
	return &rpc.ReadResponse{Id: r.GetId(), Inputs: r.GetInputs(), Properties: r.GetProperties()}, nil
}

// Delete removes the image from its repository.
func (b *imageBuilder) Delete(_ context.Context, r *rpc.DeleteRequest) (*emptypb.Empty, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if err := b.strike(OpDelete, tImage).err(OpDelete, tImage); err != nil {
		return nil, err
	}
	if at := b.index(r.GetId(), r.GetUrn()); at >= 0 {
		b.world.objects = slices.Delete(b.world.objects, at, at+1)
	}
	return &emptypb.Empty{}, b.save()
}

func (b *imageBuilder) index(id, urn string) int {
	return slices.IndexFunc(b.world.objects, func(o *Object) bool { return o.Token == tImage && o.ID == id && o.URN == urn })
}

// built is the image that a build would have pushed. Its digest follows from the tag where that follows from the content, as
// the platform's does: so it is the same from whatever folder the program runs.
func (b *imageBuilder) built(urn string, inputs properties) (*Object, error) {
	hash, err := contextHash(inputs.values)
	if err != nil {
		return nil, err
	}
	obj := &Object{Token: tImage, URN: urn, In: withoutPasswords(inputs.values), Secrets: sorted(inputs.secrets)}
	obj.ID = "sha256:" + hash
	obj.Out = map[string]any{"digest": obj.ID, "contextHash": hash}
	if tags := texts(obj, "tags"); len(tags) > 0 {
		obj.Out["ref"] = tags[0] + "@" + obj.ID
		_, region, _ := registryOf(tags[0])
		obj.Region = region
	}
	return obj, nil
}

// outputsOf are the inputs and what the build adds; a preview knows neither digest nor ref.
func outputsOf(obj *Object, inputs properties, preview bool) (*structpb.Struct, error) {
	out := properties{withoutInternals(inputs.values), inputs.secrets}
	for property, v := range obj.Out {
		if preview && property != "contextHash" {
			v = unknown{}
		}
		out.values[property] = v
	}
	return out.encode()
}

// contextHash stands for the content that is built, in 64 hexadecimal digits.
func contextHash(inputs map[string]any) (string, error) {
	if tags := valuesAt(inputs, "tags"); len(tags) > 0 {
		if tag := after(fmt.Sprint(tags[0]), ":"); !strings.HasSuffix(tag, awsxOwn) {
			return hashed(tag), nil
		}
	}
	for _, location := range valuesAt(inputs, "context.location") {
		if folder, ok := location.(string); ok {
			return digestOf(folder)
		}
	}
	return digestOf(".")
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
		content, err := os.ReadFile(path)
		name, _ := filepath.Rel(folder, path)
		_, _ = fmt.Fprintf(sum, "%s %x\n", name, sha256.Sum256(content)) // a hash takes everything
		return err
	})
	if err != nil {
		return "", fmt.Errorf("context.location: %w; name a folder that can be read", err)
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}
