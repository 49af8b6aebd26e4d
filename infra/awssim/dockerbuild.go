package awssim

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
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
	trees, err := decodeAll(r.GetOldInputs(), r.GetNews(), r.GetOlds())
	if err != nil {
		return nil, err
	}
	olds, news, state := trees[0], trees[1], trees[2]
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
	obj, out, err := built(r.GetUrn(), r.GetProperties(), r.GetPreview())
	if err != nil || r.GetPreview() {
		return &rpc.CreateResponse{Properties: out}, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	met := b.strike(OpCreate, tImage)
	if err := b.refused(met, OpCreate, obj, nil); err != nil {
		return nil, err
	}
	if at := b.index(obj.ID, obj.URN); at >= 0 { // pushed before, and kept
		b.world.objects[at] = obj
	} else {
		b.world.objects = append(b.world.objects, obj)
	}
	if err := b.save(); err != nil {
		return nil, err
	}
	if met == Timeout {
		return nil, halfDone(obj.ID, r.GetProperties(), out, "timeout while pushing "+text(obj, "tags"))
	}
	return &rpc.CreateResponse{Id: obj.ID, Properties: out}, nil
}

// Update builds and pushes anew; what was pushed before stays in the repository.
func (b *imageBuilder) Update(_ context.Context, r *rpc.UpdateRequest) (*rpc.UpdateResponse, error) {
	obj, out, err := built(r.GetUrn(), r.GetNews(), r.GetPreview())
	if err != nil || r.GetPreview() {
		return &rpc.UpdateResponse{Properties: out}, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	at := b.index(r.GetId(), r.GetUrn())
	if at < 0 {
		return nil, fmt.Errorf("manifest unknown: the image %s does not exist; refresh, then update again", r.GetId())
	}
	obj.ID = r.GetId()
	if err := b.refused(b.strike(OpUpdate, tImage), OpUpdate, obj, b.world.objects[at]); err != nil {
		return nil, err
	}
	b.world.objects[at] = obj
	return &rpc.UpdateResponse{Properties: out}, b.save()
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

func (b *imageBuilder) refused(met Kind, op Op, obj, old *Object) error {
	if err := met.err(op, tImage); err != nil {
		return err
	}
	return obey(b.world, op, obj, old)
}

func (b *imageBuilder) index(id, urn string) int {
	return slices.IndexFunc(b.world.objects, func(o *Object) bool { return o.Token == tImage && o.ID == id && o.URN == urn })
}

// built is the image that a build of the inputs would push, and what it tells: in a preview neither digest nor ref. The
// digest follows from the tag where that follows from the content, as the platform's does: so it is the same from whatever
// folder the program runs.
func built(urn string, given *structpb.Struct, preview bool) (*Object, *structpb.Struct, error) {
	inputs, err := decode(given)
	if err != nil {
		return nil, nil, err
	}
	hash, err := contextHash(inputs.values)
	if err != nil {
		return nil, nil, err
	}
	obj := &Object{Token: tImage, ID: "sha256:" + hash, URN: urn, In: withoutPasswords(inputs.values), Secrets: sorted(inputs.secrets)}
	obj.Out = map[string]any{"digest": obj.ID, "contextHash": hash}
	if tags := texts(obj, "tags"); len(tags) > 0 {
		obj.Out["ref"] = tags[0] + "@" + obj.ID
		_, obj.Region, _ = registryOf(tags[0])
	}
	told := properties{withoutInternals(inputs.values), inputs.secrets}
	for property, v := range obj.Out {
		if preview && property != "contextHash" {
			v = unknown{}
		}
		told.values[property] = v
	}
	out, err := told.encode()
	return obj, out, err
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
