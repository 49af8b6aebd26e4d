package auth_test

import (
	"errors"
	"testing"

	"github.com/google/uuid"

	"github.com/task-tracker/task-tracker/app/internal/auth"
)

// TestBoundPrincipals asks for every action of the table as a principal that is bound to a workspace and owns all.
func TestBoundPrincipals(t *testing.T) {
	t.Parallel()
	here, there := uuid.New(), uuid.New()
	p := auth.Principal{Workspace: here, Scopes: auth.Scopes(), InstanceOwner: true}
	reason := func(err error) auth.Reason {
		var d *auth.Denial
		if !errors.As(err, &d) {
			return 0
		}
		return d.Reason
	}
	for action, rule := range auth.Table() {
		owner := func(workspace uuid.UUID) auth.Membership {
			return auth.Membership{Workspace: workspace, Role: auth.RoleOwner}
		}
		if rule.Role == auth.RoleNone {
			if err := p.May(owner(here), action); err == nil || reason(err) != 0 {
				t.Errorf("%s is asked for as if it concerned a workspace: %v", action, err)
			}
			err := p.MayAccount(action)
			if action == auth.AccountRead || action == auth.WorkspaceList {
				if err != nil {
					t.Errorf("%s: %v", action, err)
				}
			} else if reason(err) != auth.ReasonBound {
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
		for _, m := range []auth.Membership{owner(there), owner(uuid.Nil), {Workspace: here}, {}} {
			if err := p.May(m, action); reason(err) != auth.ReasonHidden {
				t.Errorf("%s as %+v: %v", action, m, err)
			}
		}
	}
}
