package awssim

import "testing"

func TestImageRules(t *testing.T) {
	t.Parallel()
	const registry = "123456789012.dkr.ecr.us-east-1.amazonaws.com/"
	image := func(id, tag, digest string) *Object {
		return thing(tImage, id, props{"tags": list(tag), "digest": digest})
	}
	app := thing(tRepository, "app", props{"name": "app", "imageTagMutability": "IMMUTABLE"})
	open := thing(tRepository, "open", props{"name": "open", "imageTagMutability": "MUTABLE", "forceDelete": true})
	has := []*Object{app, open, image("i", registry+"app:one", "sha256:1"), image("j", registry+"open:one", "sha256:1")}
	rules := func(body string) *Object {
		return thing(tImageRules, "app", props{"repository": "app", "policy": body})
	}
	every(t, []try{
		{name: "push", has: has, obj: image("new", registry+"app:two", "sha256:2")},
		{name: "push elsewhere", has: has, obj: image("new", "docker.io/library/app:one", "sha256:2")},
		{name: "push to nowhere", has: has, obj: image("new", registry+"gone:one", "sha256:2"), want: "the repository with name 'gone' does not exist in us-east-1; make it first"},
		{name: "push the same again", has: has, obj: image("new", registry+"app:one", "sha256:1")},
		{name: "push over an immutable tag", has: has, obj: image("new", registry+"app:one", "sha256:2"), want: "ImageTagAlreadyExistsException: tags: "},
		{name: "push over a mutable tag", has: has, obj: image("new", registry+"open:one", "sha256:2")},
		{name: "delete a full repository", op: OpDelete, has: has, obj: app, want: `RepositoryNotEmptyException: name: "app" still holds the image ` + registry + "app:one"},
		{name: "delete it by force", op: OpDelete, has: has, obj: open},
		{name: "delete an empty one", op: OpDelete, has: []*Object{app}, obj: app},
		{name: "lifecycle", has: has, obj: rules(`{"rules":[{"rulePriority":1},{"rulePriority":2}]}`)},
		{name: "lifecycle without rules", has: has, obj: rules(`{"rules":[]}`), want: "InvalidParameterException: policy: "},
		{name: "lifecycle priority twice", has: has, obj: rules(`{"rules":[{"rulePriority":1},{"rulePriority":1}]}`), want: `policy.rules.rulePriority: "1" is given twice; number each rule once`},
	})
}
