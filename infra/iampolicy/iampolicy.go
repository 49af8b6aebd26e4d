// Package iampolicy is the grammar of IAM's JSON policies as Go types, so that no policy is put together from strings.
// Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html.
package iampolicy

import (
	"encoding/json"
	"fmt"
)

// Document is a policy: of an identity, of a resource, or who may assume a role.
type Document struct {
	Version   string      `json:"Version"`
	Statement []Statement `json:"Statement"`
}

// Statement allows or denies actions on resources.
type Statement struct {
	Sid         string     `json:"Sid,omitempty"`
	Effect      string     `json:"Effect"`
	Principal   *Principal `json:"Principal,omitempty"`
	Action      []string   `json:"Action,omitempty"`
	NotAction   []string   `json:"NotAction,omitempty"`
	Resource    []string   `json:"Resource,omitempty"`
	NotResource []string   `json:"NotResource,omitempty"`
	Condition   Condition  `json:"Condition,omitempty"`
}

// Condition maps an operator to keys and the values that they are held against: {"StringEquals": {"aws:SourceAccount": ["1"]}}.
type Condition map[string]map[string][]string

// Principal is whom a statement is about: exactly one of its fields is set.
type Principal struct {
	Everyone  bool
	Services  []string
	AWS       []string
	Federated []string
}

// MarshalJSON writes "*" for everyone, else an object with one key.
func (p Principal) MarshalJSON() ([]byte, error) {
	switch {
	case p.Everyone:
		return []byte(`"*"`), nil
	case len(p.Services) > 0:
		return json.Marshal(map[string][]string{"Service": p.Services})
	case len(p.AWS) > 0:
		return json.Marshal(map[string][]string{"AWS": p.AWS})
	}
	return json.Marshal(map[string][]string{"Federated": p.Federated})
}

// Service is an AWS service as a principal, e.g. ecs-tasks.amazonaws.com.
func Service(names ...string) *Principal { return &Principal{Services: names} }

// AWS is an account or a role as a principal, by ARN.
func AWS(arns ...string) *Principal { return &Principal{AWS: arns} }

// Federated is an identity provider as a principal, by ARN.
func Federated(arns ...string) *Principal { return &Principal{Federated: arns} }

// Everyone is anybody at all; use it in a Deny, or with a condition.
func Everyone() *Principal { return &Principal{Everyone: true} }

// New returns a document of the current version of the grammar.
func New(statements ...Statement) Document {
	return Document{Version: "2012-10-17", Statement: statements}
}

// AllowStatement returns a statement of an identity's policy.
func AllowStatement(sid string, actions, resources []string, condition Condition) Statement {
	return Statement{Sid: sid, Effect: "Allow", Action: actions, Resource: resources, Condition: condition}
}

// AssumeBy returns who may assume a role: a service, on behalf of this account only. The source is the ARN pattern of
// what the service acts for; "" leaves that condition out. An account of "" is for services that don't say for whom they act.
func AssumeBy(service, account, source string) Document {
	if account == "" {
		return New(Statement{Sid: "Assume", Effect: "Allow", Principal: Service(service), Action: []string{"sts:AssumeRole"}})
	}
	c := Condition{"StringEquals": {"aws:SourceAccount": {account}}}
	if source != "" {
		c["ArnLike"] = map[string][]string{"aws:SourceArn": {source}}
	}
	return New(Statement{Sid: "Assume", Effect: "Allow", Principal: Service(service), Action: []string{"sts:AssumeRole"}, Condition: c})
}

// JSON returns the document as text, its keys in a fixed order.
func (d Document) JSON() string {
	text, err := json.Marshal(d)
	if err != nil {
		panic(fmt.Sprintf("iampolicy: %v", err)) // strings, slices and maps of strings always encode
	}
	return string(text)
}
