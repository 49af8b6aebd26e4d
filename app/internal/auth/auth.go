package auth

import (
	"fmt"
	"slices"

	"github.com/google/uuid"
)

// Role is what an account is in a workspace. The empty role means: not a member.
type Role string

// The roles, from the weakest to the strongest; each may do all that the ones before it may.
const (
	RoleNone   Role = ""
	RoleViewer Role = "viewer"
	RoleMember Role = "member"
	RoleAdmin  Role = "admin"
	RoleOwner  Role = "owner"
)

// Roles lists the roles that a member can have, weakest first.
func Roles() []Role { return []Role{RoleViewer, RoleMember, RoleAdmin, RoleOwner} }

// Valid reports whether r is a role that a member can have.
func (r Role) Valid() bool { return slices.Contains(Roles(), r) }

func (r Role) rank() int { return slices.Index(Roles(), r) }

// AtLeast reports whether r includes all that other may do.
func (r Role) AtLeast(other Role) bool { return r.rank() >= other.rank() }

// Scope is what a token may be used for. Each scope includes the ones before it.
type Scope string

// The scopes, from the weakest to the strongest.
const (
	ScopeRead  Scope = "read"
	ScopeWrite Scope = "write"
	ScopeAdmin Scope = "admin"
)

// Scopes lists the scopes, weakest first.
func Scopes() []Scope { return []Scope{ScopeRead, ScopeWrite, ScopeAdmin} }

// Valid reports whether s is a known scope.
func (s Scope) Valid() bool { return slices.Contains(Scopes(), s) }

// Membership is what an account is in the workspace of an object. The role is empty where it is no member.
type Membership struct {
	Workspace uuid.UUID
	Role      Role
}

// Principal is whoever a request is made by.
type Principal struct {
	AccountID uuid.UUID
	// Workspace binds the principal to one workspace: it is a member of no other, whatever its account is there, and changes
	// nothing of the account. Zero for principals that are not bound.
	Workspace uuid.UUID
	Name      string
	Email     string
	// TokenID is the token or session that was shown; zero for OIDC and for the command line.
	TokenID uuid.UUID
	// TokenName is the token's name, noted in the activity log; empty for sessions.
	TokenName string
	Scopes    []Scope
	// ScopeClaims are the claims of a JWT that Scopes were read from; nil for tokens.
	ScopeClaims []string
	// InstanceOwner is set for the account that set the instance up.
	InstanceOwner bool
}

// Has reports whether the principal's token includes the scope.
func (p Principal) Has(s Scope) bool {
	need := slices.Index(Scopes(), s)
	return slices.ContainsFunc(p.Scopes, func(have Scope) bool { return slices.Index(Scopes(), have) >= need })
}

// Reason is why an action was denied.
type Reason int

// The reasons. Hidden comes first: whoever is no member must not learn that the object exists.
const (
	ReasonHidden Reason = iota + 1
	ReasonBound
	ReasonScope
	ReasonRole
)

// Denial is the error of [Principal.May] and [Principal.MayAccount].
type Denial struct {
	Action Action
	Reason Reason
	Need   Role
	Have   Role
	// Scope is the one that is missing, Scopes are those that the token has, and ScopeClaims where they were read from.
	Scope       Scope
	Scopes      []Scope
	ScopeClaims []string
}

// Error implements error.
func (d *Denial) Error() string {
	switch d.Reason {
	case ReasonHidden:
		return fmt.Sprintf("%s: not a member", d.Action)
	case ReasonBound:
		return fmt.Sprintf("%s: not with a token that is bound to a workspace", d.Action)
	case ReasonScope:
		return fmt.Sprintf("%s: needs scope %s", d.Action, d.Scope)
	case ReasonRole:
		return fmt.Sprintf("%s: needs role %s, has %s", d.Action, d.Need, d.Have)
	}
	return string(d.Action) + ": denied"
}

// RoleIn is the role in which the principal acts there: none in a workspace that it is not bound to.
func (p Principal) RoleIn(m Membership) Role {
	if p.Workspace != uuid.Nil && p.Workspace != m.Workspace {
		return RoleNone
	}
	return m.Role
}

// May reports whether the principal, whose account is that in the object's workspace, may do the action: nil, or a
// [*Denial]. All that a principal does in a workspace is asked for here, which is what keeps bound principals in theirs.
// For actions that concern no workspace there is [Principal.MayAccount].
func (p Principal) May(m Membership, a Action) error {
	rule, ok := table[a]
	if !ok || rule.Role == RoleNone {
		return fmt.Errorf("auth: action %q is not in the table, or concerns no workspace", a)
	}
	switch role := p.RoleIn(m); {
	case !role.Valid():
		return &Denial{Action: a, Reason: ReasonHidden}
	case !p.Has(rule.Scope):
		return p.lacks(a, rule.Scope)
	case !role.AtLeast(rule.Role):
		return &Denial{Action: a, Reason: ReasonRole, Need: rule.Role, Have: role}
	}
	return nil
}

// MayAccount is [Principal.May] for actions that concern no workspace ([Rule.Role] is empty). Of them a bound principal may
// do those that are [Action.Bindable].
func (p Principal) MayAccount(a Action) error {
	rule, ok := table[a]
	if !ok || rule.Role != RoleNone {
		return fmt.Errorf("auth: action %q is not in the table, or concerns a workspace", a)
	}
	switch {
	case p.Workspace != uuid.Nil && !a.Bindable():
		return &Denial{Action: a, Reason: ReasonBound}
	case !p.Has(rule.Scope):
		return p.lacks(a, rule.Scope)
	}
	return nil
}

func (p Principal) lacks(a Action, s Scope) error {
	return &Denial{Action: a, Reason: ReasonScope, Scope: s, Scopes: p.Scopes, ScopeClaims: p.ScopeClaims}
}
