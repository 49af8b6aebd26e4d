package awssim

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// identityRules are of policies as text, roles and who may assume them.
func identityRules() map[string][]rule {
	identity := func(property string, limit int) rule { return onWrite(identityPolicy(property, limit)) }
	resource := func(property, code string, limit int) rule { return onWrite(resourcePolicy(property, code, limit)) }
	return map[string][]rule{
		tPolicy:       {identity("policy", 6144)},
		tRolePolicy:   {identity("policy", 10240)},
		tRole:         {onWrite(trustPolicy)},
		tOIDC:         {onWrite(providerURL)},
		tBucketPolicy: {resource("policy", "MalformedPolicy", 20480), onWrite(policyOfBucket), onWrite(policyNotPublic)},
		tTopicPolicy:  {resource("policy", "InvalidParameter", 30720)},
		tTopic:        {resource("policy", "InvalidParameter", 30720)},
		tSecret:       {resource("policy", "MalformedPolicyDocumentException", 20480)},
	}
}

var alphanumeric = regexp.MustCompile(`^[0-9A-Za-z]*$`)

// policyText returns the policy in a property, "" where there is none; IAM counts no white space.
func policyText(obj *Object, property string) string {
	for _, v := range at(obj, property) {
		if m, ok := v.(map[string]any); ok {
			body, _ := json.Marshal(m)
			return string(body)
		}
	}
	return text(obj, property)
}

// checkPolicy reads a policy, asks about each of its statements, and measures it. wrong says what is wrong with a statement,
// with %d where its number goes, and with which part, "" for the whole. tooLong is the code for a policy above the limit.
func checkPolicy(obj *Object, property, code, tooLong string, limit int, wrong func(statement) (part, why string)) error {
	body := policyText(obj, property)
	d, err := parsePolicy(body)
	if err != nil {
		return refuse(code, property, short(body), "%v", err)
	}
	for i, s := range d.Statement {
		part, why := wrong(s)
		if part == "" {
			part = short(body)
		}
		if why != "" {
			return refuse(code, property, part, why, i)
		}
	}
	if size := len(strings.Join(strings.Fields(body), "")); size > limit {
		return refuse(tooLong, property, short(body), "is %d characters long, above %d; shorten or split it", size, limit)
	}
	return nil
}

const oneResource = "needs one of Resource and NotResource in statement %d"

func identityPolicy(property string, limit int) func(World, *Object, *Object) error {
	return func(_ World, obj, _ *Object) error {
		return checkPolicy(obj, property, "MalformedPolicyDocument", "LimitExceeded", limit, func(s statement) (part, why string) {
			switch {
			case s.Principal != nil || s.NotPrincipal != nil:
				return "", "has a principal in statement %d; an identity's policy has none"
			case (len(s.Resource) > 0) == (len(s.NotResource) > 0):
				return "", oneResource
			case !alphanumeric.MatchString(s.Sid):
				return s.Sid, "is a Sid in statement %d with other characters than letters and digits; leave those out"
			}
			for _, r := range append(slices.Clone(s.Resource), s.NotResource...) {
				if r != "*" && !strings.HasPrefix(r, "arn:") {
					return r, "is a resource in statement %d that is neither an ARN nor *; write its ARN"
				}
			}
			return "", ""
		})
	}
}

func resourcePolicy(property, code string, limit int) func(World, *Object, *Object) error {
	return func(_ World, obj, _ *Object) error {
		if empty(obj.In[property]) {
			return nil
		}
		return checkPolicy(obj, property, code, code, limit, func(s statement) (part, why string) {
			switch {
			case s.Principal == nil && s.NotPrincipal == nil:
				return "", "has no principal in statement %d; a resource's policy needs one"
			case (len(s.Resource) > 0) == (len(s.NotResource) > 0):
				return "", oneResource
			}
			return "", ""
		})
	}
}

func short(s string) string {
	if len(s) > 60 {
		return s[:57] + "..."
	}
	return s
}

func trustPolicy(_ World, obj, _ *Object) error {
	return checkPolicy(obj, "assumeRolePolicy", "MalformedPolicyDocument", "LimitExceeded", 2048, func(s statement) (part, why string) {
		switch {
		case len(s.Principal) == 0 && s.NotPrincipal == nil:
			return "", "has no principal in statement %d; say who may assume the role"
		case len(s.Resource) > 0 || len(s.NotResource) > 0:
			return "", "has a resource in statement %d; the role itself is the resource, leave it out"
		}
		for _, a := range s.Action {
			if !strings.HasPrefix(strings.ToLower(a), "sts:") {
				return a, "is an action in statement %d that is none of sts; write sts:AssumeRole or sts:AssumeRoleWithWebIdentity"
			}
		}
		return "", ""
	})
}

func providerURL(_ World, obj, _ *Object) error {
	url := text(obj, "url")
	if !strings.HasPrefix(url, "https://") || strings.Contains(url, "?") {
		return refuse("ValidationError", "url", url, "is not an https URL without a query; write it as https://token.actions.githubusercontent.com")
	}
	return nil
}

func policyOfBucket(_ World, obj, _ *Object) error {
	d, err := parsePolicy(policyText(obj, "policy"))
	if err != nil {
		return nil // refused before
	}
	bucket := "arn:aws:s3:::" + text(obj, "bucket")
	for i, s := range d.Statement {
		for _, r := range s.Resource {
			if r != bucket && !strings.HasPrefix(r, bucket+"/") && !glob(r, bucket) && !glob(r, bucket+"/x") {
				return refuse("MalformedPolicy", "policy", r, "is a resource in statement %d outside the bucket; write %s or %s/*", i, bucket, bucket)
			}
		}
	}
	return nil
}

func policyNotPublic(w World, obj, _ *Object) error {
	d, err := parsePolicy(policyText(obj, "policy"))
	if err != nil {
		return nil
	}
	blocked := slices.ContainsFunc(w.ByType(tBucketBlock, obj.Region), func(o *Object) bool {
		return text(o, "bucket") == text(obj, "bucket") && truthy(o, "blockPublicPolicy")
	})
	for i, s := range d.Statement {
		if blocked && s.Effect == "Allow" && len(s.Condition) == 0 && slices.Contains(s.Principal["AWS"], "*") {
			return refuse("AccessDenied", "policy", fmt.Sprintf("Statement[%d]", i),
				"grants public access, which blockPublicPolicy refuses; name principals, or add a condition")
		}
	}
	return nil
}

// assumable refuses a role that the service may not assume. A role that the stand-in doesn't know was made outside the
// program and is taken as good.
func assumable(w World, obj *Object, property, role, service, code string) error {
	r := w.Find(tRole, role, "")
	if r == nil || role == "" {
		return nil
	}
	d, err := parsePolicy(policyText(r, "assumeRolePolicy"))
	if err == nil && d.allows(request{
		service: service, action: "sts:AssumeRole",
		context: map[string]string{"aws:sourceaccount": account(w, obj), "aws:securetransport": "true"},
	}) {
		return nil
	}
	return refuse(code, property, role, "cannot be assumed by %s; its assumeRolePolicy must allow that service sts:AssumeRole", service)
}

// roleAllows says whether the inline and attached policies of a role allow an action. Policies of AWS itself are unknown
// here and taken as allowing it.
func roleAllows(w World, role, action, resource string) bool {
	r := w.Find(tRole, role, "")
	if r == nil {
		return true
	}
	owns := func(o *Object) bool { v := text(o, "role"); return v == r.ID || v == arn(r) || v == text(r, "name") }
	var bodies []string
	for _, o := range w.ByType(tRolePolicy, "") {
		if owns(o) {
			bodies = append(bodies, policyText(o, "policy"))
		}
	}
	for _, p := range blocks(r, "inlinePolicies") {
		bodies = append(bodies, text(p, "policy"))
	}
	attached := texts(r, "managedPolicyArns")
	for _, o := range w.ByType(tAttachment, "") {
		if owns(o) {
			attached = append(attached, text(o, "policyArn"))
		}
	}
	for _, a := range attached {
		p := w.Find(tPolicy, a, "")
		if p == nil {
			return true
		}
		bodies = append(bodies, policyText(p, "policy"))
	}
	return slices.ContainsFunc(bodies, func(body string) bool {
		d, err := parsePolicy(body)
		return err == nil && d.allows(request{action: action, resource: resource})
	})
}
