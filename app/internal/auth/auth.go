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

// Principal is whoever a request is made by.
type Principal struct {
	AccountID uuid.UUID
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
	ReasonScope
	ReasonRole
)

// Denial is the error of [Principal.May].
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
	case ReasonScope:
		return fmt.Sprintf("%s: needs scope %s", d.Action, d.Scope)
	case ReasonRole:
		return fmt.Sprintf("%s: needs role %s, has %s", d.Action, d.Need, d.Have)
	}
	return string(d.Action) + ": denied"
}

// May reports whether the principal, having that role in the object's workspace, may do the action: nil, or a [*Denial].
// For actions that concern no workspace ([Rule.Role] is empty) the role is not looked at.
func (p Principal) May(role Role, a Action) error {
	rule, ok := table[a]
	if !ok {
		return fmt.Errorf("auth: action %q is not in the table", a)
	}
	switch {
	case rule.Role != RoleNone && !role.Valid():
		return &Denial{Action: a, Reason: ReasonHidden}
	case !p.Has(rule.Scope):
		return &Denial{Action: a, Reason: ReasonScope, Scope: rule.Scope, Scopes: p.Scopes, ScopeClaims: p.ScopeClaims}
	case rule.Role != RoleNone && !role.AtLeast(rule.Role):
		return &Denial{Action: a, Reason: ReasonRole, Need: rule.Role, Have: role}
	}
	return nil
}
