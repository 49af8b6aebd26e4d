package awssim

import (
	"encoding/json"
	"slices"
	"strings"
)

// imageRules are of images and the repositories that they are pushed to.
func imageRules() map[string][]rule {
	return map[string][]rule{
		tImage:      {onWrite(repositoryExists), onWrite(tagImmutable)},
		tRepository: {onDelete(repositoryEmpty)},
		tImageRules: {onWrite(lifecycleText)},
	}
}

// registryOf takes ACCOUNT.dkr.ecr.REGION.amazonaws.com/NAME:TAG apart; all three are "" for another registry.
func registryOf(tag string) (repository, region, name string) {
	host, path, _ := strings.Cut(tag, "/")
	parts := strings.Split(host, ".")
	if len(parts) < 6 || parts[1] != "dkr" || parts[2] != "ecr" {
		return "", "", ""
	}
	repository, name, _ = strings.Cut(path, ":")
	return repository, parts[3], name
}

func repositoryExists(w World, obj, _ *Object) error {
	for _, tag := range texts(obj, "tags") {
		repository, region, _ := registryOf(tag)
		if repository != "" && w.Find(tRepository, repository, region) == nil {
			return refuse("name unknown", "tags", tag, "cannot be pushed: the repository with name '%s' does not exist in %s; make it first", repository, region)
		}
	}
	return nil
}

// tagImmutable refuses other content under a tag that a repository has and keeps.
func tagImmutable(w World, obj, _ *Object) error {
	for _, tag := range texts(obj, "tags") {
		repository, region, name := registryOf(tag)
		if text(w.Find(tRepository, repository, region), "imageTagMutability") != "IMMUTABLE" {
			continue
		}
		for _, o := range w.ByType(tImage, region) {
			if slices.Contains(texts(o, "tags"), tag) && text(o, "digest") != text(obj, "digest") {
				return refuse("ImageTagAlreadyExistsException", "tags", tag, "exists already in the '%s' repository and cannot be overwritten "+
					"because the tag is immutable; push another tag than %s, made of the content", repository, name)
			}
		}
	}
	return nil
}

func repositoryEmpty(w World, obj *Object) error {
	if truthy(obj, "forceDelete") {
		return nil
	}
	for _, o := range w.All() {
		if tag := pushedTo(o, obj); tag != "" {
			return refuse("RepositoryNotEmptyException", "name", text(obj, "name"), "still holds the image %s; delete that first, or set forceDelete", tag)
		}
	}
	return nil
}

// pushedTo returns the tag under which a repository has an image; "" where it has it not, or it is no image.
func pushedTo(image, repository *Object) string {
	if image.Token != tImage || image.Region != repository.Region {
		return ""
	}
	for _, tag := range texts(image, "tags") {
		if name, _, _ := registryOf(tag); name == text(repository, "name") {
			return tag
		}
	}
	return ""
}

func lifecycleText(_ World, obj, _ *Object) error {
	var policy struct{ Rules []struct{ RulePriority int } }
	body := policyText(obj, "policy")
	if err := json.Unmarshal([]byte(body), &policy); err != nil || len(policy.Rules) == 0 {
		return refuse("InvalidParameterException", "policy", short(body), "is not JSON with a list of rules (%v)", err)
	}
	seen := map[int]bool{}
	for _, r := range policy.Rules {
		if seen[r.RulePriority] {
			return refuse("InvalidParameterException", "policy.rules.rulePriority", r.RulePriority, "is given twice; number each rule once")
		}
		seen[r.RulePriority] = true
	}
	return nil
}
