package auth

import (
	"errors"
	"testing"

	"github.com/google/uuid"
)

// TestBoundPrincipals asks for every action of the table as a principal that is bound to a workspace and owns all.
func TestBoundPrincipals(t *testing.T) {
	t.Parallel()
	here, there := uuid.New(), uuid.New()
	p := Principal{Workspace: here, Scopes: Scopes(), InstanceOwner: true}
	reason := func(err error) Reason {
		var d *Denial
		if !errors.As(err, &d) {
			return 0
		}
		return d.Reason
	}
	for action, rule := range Table() {
		owner := func(workspace uuid.UUID) Membership {
			return Membership{Workspace: workspace, Role: RoleOwner}
		}
		if rule.Role == RoleNone {
			if err := p.May(owner(here), action); err == nil || reason(err) != 0 {
				t.Errorf("%s is asked for as if it concerned a workspace: %v", action, err)
			}
			err := p.MayAccount(action)
			if action == AccountRead || action == WorkspaceList {
				if err != nil {
					t.Errorf("%s: %v", action, err)
				}
			} else if reason(err) != ReasonBound {
				t.Errorf("%s: %v", action, err)
			}
			continue
		}
		if err := p.MayAccount(action); err == nil || reason(err) != 0 {
			t.Errorf("%s is asked for as if it concerned no workspace: %v", action, err)
		}
		if err := p.May(owner(here), action); err != nil {
			t.Errorf("%s: %v", action, err)
		}
		for _, m := range []Membership{owner(there), owner(uuid.Nil), {Workspace: here}, {}} {
			if err := p.May(m, action); reason(err) != ReasonHidden {
				t.Errorf("%s as %+v: %v", action, m, err)
			}
		}
	}
}
