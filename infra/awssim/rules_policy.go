package awssim

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// words is a JSON string or a list of them, as IAM allows either.
type words []string

// UnmarshalJSON takes "a", ["a"], and in conditions true and 1.
func (l *words) UnmarshalJSON(data []byte) error {
	var v any
	if err := json.Unmarshal(data, &v); err != nil {
		return err
	}
	all, ok := v.([]any)
	if !ok {
		all = []any{v}
	}
	for _, element := range all {
		s, ok := scalar(element)
		if !ok {
			return fmt.Errorf("%s is not text", data)
		}
		*l = append(*l, s)
	}
	return nil
}

// principals are whom a statement is about, by kind (AWS, Service, Federated, CanonicalUser); "*" is {"AWS": "*"}.
type principals map[string]words

// UnmarshalJSON takes "*" or an object.
func (p *principals) UnmarshalJSON(data []byte) error {
	if string(data) == `"*"` {
		*p = principals{"AWS": {"*"}}
		return nil
	}
	var m map[string]words
	if err := json.Unmarshal(data, &m); err != nil {
		return fmt.Errorf(`principal %s is neither "*" nor an object`, data)
	}
	*p = m
	return nil
}

type statement struct {
	Sid          string
	Effect       string
	Principal    principals
	NotPrincipal principals
	Action       words
	NotAction    words
	Resource     words
	NotResource  words
	Condition    map[string]map[string]words
}

type statements []statement

// UnmarshalJSON takes one statement or a list. A field that the grammar doesn't know is an error.
func (s *statements) UnmarshalJSON(data []byte) error {
	if len(data) > 0 && data[0] != '[' {
		data = append(append([]byte{'['}, data...), ']')
	}
	var all []statement
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(&all); err != nil {
		return err
	}
	*s = all
	return nil
}

type policyDocument struct {
	Version   string
	ID        string `json:"Id"`
	Statement statements
}

// parsePolicy reads a policy and checks the grammar that all policies share.
func parsePolicy(body string) (policyDocument, error) {
	var d policyDocument
	decoder := json.NewDecoder(strings.NewReader(body))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&d); err != nil {
		return d, fmt.Errorf("is not a policy in JSON (%w)", err)
	}
	if d.Version != "2012-10-17" && d.Version != "2008-10-17" && d.Version != "" {
		return d, fmt.Errorf("has the version %q; write 2012-10-17", d.Version)
	}
	if len(d.Statement) == 0 {
		return d, errors.New("has no statement; write at least one")
	}
	sids := map[string]bool{}
	for i, s := range d.Statement {
		switch {
		case s.Effect != "Allow" && s.Effect != "Deny":
			return d, fmt.Errorf("has the effect %q in statement %d; write Allow or Deny", s.Effect, i)
		case (len(s.Action) > 0) == (len(s.NotAction) > 0):
			return d, fmt.Errorf("needs one of Action and NotAction in statement %d", i)
		case s.Sid != "" && sids[s.Sid]:
			return d, fmt.Errorf("has the Sid %q twice; make each one unique", s.Sid)
		}
		for _, a := range append(slices.Clone(s.Action), s.NotAction...) {
			if a != "*" && !strings.Contains(a, ":") {
				return d, fmt.Errorf("has the action %q in statement %d; write it as service:Action", a, i)
			}
		}
		sids[s.Sid] = true
	}
	return d, nil
}

// request is what somebody wants to do. The context has the keys that are known, in lower case; a condition on another key
// doesn't stop an Allow and doesn't start a Deny.
type request struct {
	service  string // the principal: a service,
	arn      string // or an ARN; neither for an identity's own policy
	action   string
	resource string
	context  map[string]string
}

// allows says whether some statement allows the request and none denies it.
func (d policyDocument) allows(r request) bool {
	allowed := false
	for _, s := range d.Statement {
		if !s.about(r) {
			continue
		}
		if s.Effect == "Deny" && s.holds(r.context, false) {
			return false
		}
		if s.Effect == "Allow" && s.holds(r.context, true) {
			allowed = true
		}
	}
	return allowed
}

func (s statement) about(r request) bool {
	if !s.Principal.includes(r) && (s.NotPrincipal == nil || s.NotPrincipal.includes(r)) {
		return false
	}
	if len(s.Action) > 0 && !anyMatch(s.Action, r.action, true) || len(s.NotAction) > 0 && anyMatch(s.NotAction, r.action, true) {
		return false
	}
	if len(s.Resource) > 0 && !anyMatch(s.Resource, r.resource, false) || len(s.NotResource) > 0 && anyMatch(s.NotResource, r.resource, false) {
		return false
	}
	return true
}

func (p principals) includes(r request) bool {
	switch {
	case r.service == "" && r.arn == "":
		return true
	case slices.Contains(p["AWS"], "*"):
		return true
	case r.service != "":
		return slices.Contains(p["Service"], r.service)
	}
	return slices.ContainsFunc(p["AWS"], func(s string) bool {
		return s == r.arn || strings.HasSuffix(r.arn, ":root") && s == arnAccount(r.arn)
	})
}

// holds says whether the statement's conditions are met; unknown is the answer for keys that the context lacks.
func (s statement) holds(context map[string]string, unknown bool) bool {
	for operator, keys := range s.Condition {
		operator = operator[strings.Index(operator, ":")+1:]
		operator = strings.TrimSuffix(operator, "IfExists")
		for key, values := range keys {
			value, known := context[strings.ToLower(key)]
			if !known {
				if !unknown {
					return false
				}
				continue
			}
			negated := strings.Contains(operator, "Not")
			matched := anyMatch(values, value, strings.Contains(operator, "IgnoreCase"))
			if operator == "StringEquals" || operator == "Bool" || operator == "StringNotEquals" {
				matched = slices.Contains(values, value)
			}
			if matched == negated {
				return false
			}
		}
	}
	return true
}

func anyMatch(patterns words, s string, fold bool) bool {
	return slices.ContainsFunc(patterns, func(p string) bool {
		if fold {
			return glob(strings.ToLower(p), strings.ToLower(s))
		}
		return glob(p, s)
	})
}

// glob matches * (any text) and ? (any character).
func glob(pattern, s string) bool {
	star, mark, i, j := -1, 0, 0, 0
	for j < len(s) {
		switch {
		case i < len(pattern) && pattern[i] == '*':
			star, mark, i = i, j, i+1
		case i < len(pattern) && (pattern[i] == '?' || pattern[i] == s[j]):
			i, j = i+1, j+1
		case star >= 0:
			mark++
			i, j = star+1, mark
		default:
			return false
		}
	}
	return strings.Trim(pattern[i:], "*") == ""
}
