package awssim

import (
	"context"
	"fmt"
	"slices"

	rpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/emptypb"
)

func (p *provider) Create(ctx context.Context, r *rpc.CreateRequest) (*rpc.CreateResponse, error) {
	t, trees, err := p.asked(r.GetUrn(), r.GetProperties())
	if err != nil {
		return nil, err
	}
	inputs := trees[0]
	region, tags := sessionOf(ctx).read()
	tags = merged(tags, inputs.values)
	if r.GetPreview() {
		out, err := secretly(t, outline(t, inputs.values, nil, tags), inputs.secrets)
		return &rpc.CreateResponse{Properties: out}, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	met := p.strike(OpCreate, t.Token)
	if err := met.err(OpCreate, t.Token); err != nil {
		return nil, err
	}
	obj := &Object{
		Token: t.Token, URN: r.GetUrn(), Region: region, In: withoutInternals(inputs.values),
		Gen: p.world.counters["made "+r.GetUrn()], Secrets: sorted(inputs.secrets),
	}
	p.maker(t, obj, nil, tags).make()
	if err := obey(p.world, OpCreate, obj, nil); err != nil {
		return nil, err
	}
	if err := p.put(t, obj); err != nil {
		return nil, err
	}
	p.world.count("made " + r.GetUrn())
	if err := p.save(); err != nil {
		return nil, err
	}
	out, err := secretly(t, obj.Out, inputs.secrets)
	if err == nil && met == Timeout {
		return nil, halfDone(obj.ID, r.GetProperties(), out, fmt.Sprintf("timeout while waiting for %s to become available", obj.ID))
	}
	return &rpc.CreateResponse{Id: obj.ID, Properties: out}, err
}

func (p *provider) maker(t *typeInfo, obj, old *Object, tags map[string]any) *maker {
	m := &maker{w: p.world, t: t, obj: obj, old: old, seed: p.options.Seed, account: p.options.Account}
	m.special, m.makeID = special[t.Token], idOf[t.Token]
	if _, tagged := t.Outputs["tagsAll"]; tagged {
		m.tags = tags
	}
	return m
}

// put adds an object. What is but a setting of another object overwrites; what has a name of its own must not be there yet.
func (p *provider) put(t *typeInfo, obj *Object) error {
	i := slices.IndexFunc(p.world.objects, func(o *Object) bool {
		return o.Token == obj.Token && o.ID == obj.ID && o.Region == obj.Region && o.Out["arn"] == obj.Out["arn"]
	})
	switch {
	case i < 0:
		p.world.objects = append(p.world.objects, obj)
	case t.facts.DeleteFirst == "explicitName":
		return fmt.Errorf("EntityAlreadyExists: %s %s already exists; import it or choose another name", t.Token, obj.ID)
	default:
		p.world.objects[i] = obj
	}
	return nil
}

// find returns the object that the engine means: by id and, where several share one, by ARN.
func (p *provider) find(t *typeInfo, id, region string, state map[string]any) *Object {
	objects := p.world.ByType(t.Token, region)
	i := slices.IndexFunc(objects, func(o *Object) bool { return o.ID == id && state["arn"] != nil && o.Out["arn"] == state["arn"] })
	if i >= 0 {
		return objects[i]
	}
	return p.world.Find(t.Token, id, region)
}

// Read serves refresh, import and get. An empty answer says that the object is gone.
func (p *provider) Read(ctx context.Context, r *rpc.ReadRequest) (*rpc.ReadResponse, error) {
	t, trees, err := p.asked(r.GetUrn(), r.GetProperties(), r.GetInputs())
	if err != nil {
		return nil, err
	}
	state, olds := trees[0], trees[1]
	region, _ := sessionOf(ctx).read()
	p.mu.Lock()
	defer p.mu.Unlock()
	obj := p.find(t, r.GetId(), region, state.values)
	if obj == nil {
		return &rpc.ReadResponse{}, nil
	}
	marks := map[string]bool{}
	for _, s := range obj.Secrets {
		marks[s] = true
	}
	in := clone(obj.In)
	if filled := olds.values[defaultsKey]; filled != nil {
		in[defaultsKey] = filled
	}
	inputs, err := secretly(t, in, marks, olds.secrets)
	if err != nil {
		return nil, err
	}
	out, err := secretly(t, clone(obj.Out), marks, state.secrets)
	return &rpc.ReadResponse{Id: obj.ID, Inputs: inputs, Properties: out}, err
}

func (p *provider) Update(ctx context.Context, r *rpc.UpdateRequest) (*rpc.UpdateResponse, error) {
	t, trees, err := p.asked(r.GetUrn(), r.GetOlds(), r.GetNews())
	if err != nil {
		return nil, err
	}
	olds, news := trees[0], trees[1]
	region, tags := sessionOf(ctx).read()
	tags = merged(tags, news.values)
	if r.GetPreview() {
		out, err := secretly(t, outline(t, news.values, olds.values, tags), news.secrets)
		return &rpc.UpdateResponse{Properties: out}, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := p.strike(OpUpdate, t.Token).err(OpUpdate, t.Token); err != nil {
		return nil, err
	}
	old := p.find(t, r.GetId(), region, olds.values)
	if old == nil {
		return nil, status.Errorf(codes.NotFound, "ResourceNotFoundException: %s %s does not exist in %s", t.Token, r.GetId(), region)
	}
	obj := &Object{
		Token: old.Token, ID: old.ID, URN: old.URN, Region: region, Gen: old.Gen, Updates: old.Updates,
		In: withoutInternals(news.values), Secrets: sorted(news.secrets),
	}
	for property := range t.facts.computedInput {
		if v := old.In[property]; v != nil && obj.In[property] == nil {
			obj.In[property] = v // what AWS would have filled in stays as it is
		}
	}
	p.maker(t, obj, old, tags).make()
	if err := obey(p.world, OpUpdate, obj, old); err != nil {
		return nil, err
	}
	p.world.objects[slices.Index(p.world.objects, old)] = obj
	if err := p.save(); err != nil {
		return nil, err
	}
	out, err := secretly(t, clone(obj.Out), news.secrets)
	return &rpc.UpdateResponse{Properties: out}, err
}

func (p *provider) Delete(ctx context.Context, r *rpc.DeleteRequest) (*emptypb.Empty, error) {
	t, trees, err := p.asked(r.GetUrn(), r.GetProperties())
	if err != nil {
		return nil, err
	}
	state := trees[0]
	region, _ := sessionOf(ctx).read()
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := p.strike(OpDelete, t.Token).err(OpDelete, t.Token); err != nil {
		return nil, err
	}
	obj := p.find(t, r.GetId(), region, state.values)
	if obj == nil {
		return &emptypb.Empty{}, nil
	}
	if err := obey(p.world, OpDelete, obj, nil); err != nil {
		return nil, err
	}
	at := slices.Index(p.world.objects, obj)
	p.world.objects = slices.Delete(p.world.objects, at, at+1)
	if obj.Token == tRepository {
		p.world.objects = slices.DeleteFunc(p.world.objects, func(o *Object) bool { return pushedTo(o, obj) != "" })
	}
	p.world.leave(obj)
	return &emptypb.Empty{}, p.save()
}
