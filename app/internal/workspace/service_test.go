package workspace_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/task-tracker/task-tracker/app/internal/account"
	"github.com/task-tracker/task-tracker/app/internal/activity"
	"github.com/task-tracker/task-tracker/app/internal/apperr"
	"github.com/task-tracker/task-tracker/app/internal/auth"
	"github.com/task-tracker/task-tracker/app/internal/cond"
	"github.com/task-tracker/task-tracker/app/internal/store"
	"github.com/task-tracker/task-tracker/app/internal/workspace"
)

func TestWorkspace(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bundle) {
		ctx, owner := t.Context(), b.people[auth.RoleOwner]
		_, err := b.workspaces.Create(ctx, owner, " \n")
		wantCode(t, err, apperr.ValidationFailed)
		got, err := b.workspaces.Get(ctx, b.people[auth.RoleViewer], b.id)
		if err != nil || got.Role != auth.RoleViewer || got.Name != "Acme" || got.Version != 1 {
			t.Fatalf("got %+v, %v", got, err)
		}
		_, err = b.workspaces.Get(ctx, owner, uuid.New())
		wantCode(t, err, apperr.NotFound)
		_, err = b.workspaces.Update(ctx, owner, b.id, workspace.Patch{Name: ptr("x"), IfVersion: cond.Only(7)})
		wantCode(t, err, apperr.PreconditionFailed)
		got, err = b.workspaces.Update(ctx, owner, b.id, workspace.Patch{Name: ptr("Acme Ltd"), IfVersion: cond.Only(1)})
		if err != nil || got.Name != "Acme Ltd" || got.Version != 2 || got.Role != auth.RoleOwner {
			t.Fatalf("got %+v, %v", got, err)
		}
		if again, err := b.workspaces.Update(ctx, owner, b.id, workspace.Patch{Name: ptr("Acme Ltd")}); err != nil || again != got {
			t.Errorf("nothing changed, and yet: %+v, %v", again, err)
		}
	})
}

func TestRolesDecide(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bundle) {
		ctx := t.Context()
		none, scope := apperr.NotFound, apperr.Forbidden
		for name, c := range map[string]struct {
			want map[auth.Role]apperr.Code // of those who may not
			do   func(p auth.Principal) error
		}{
			"read": {map[auth.Role]apperr.Code{auth.RoleNone: none}, func(p auth.Principal) error {
				_, err := b.workspaces.Get(ctx, p, b.id)
				return err
			}},
			"members": {map[auth.Role]apperr.Code{auth.RoleNone: none}, func(p auth.Principal) error {
				_, _, err := b.workspaces.Members(ctx, p, b.id, workspace.Page[workspace.MemberPlace]{Limit: 10})
				return err
			}},
			"update": {map[auth.Role]apperr.Code{auth.RoleNone: none, auth.RoleViewer: scope, auth.RoleMember: scope}, func(p auth.Principal) error {
				_, err := b.workspaces.Update(ctx, p, b.id, workspace.Patch{})
				return err
			}},
			"invitations": {map[auth.Role]apperr.Code{auth.RoleNone: none, auth.RoleViewer: scope, auth.RoleMember: scope}, func(p auth.Principal) error {
				_, _, err := b.workspaces.Invitations(ctx, p, b.id, workspace.Page[uuid.UUID]{Limit: 10})
				return err
			}},
			"invite an admin": {map[auth.Role]apperr.Code{auth.RoleNone: none, auth.RoleViewer: scope, auth.RoleMember: scope}, func(p auth.Principal) error {
				_, err := b.workspaces.Invite(ctx, p, b.id, workspace.InvitationInput{Role: auth.RoleAdmin})
				return err
			}},
			"invite an owner": {map[auth.Role]apperr.Code{auth.RoleNone: none, auth.RoleViewer: scope, auth.RoleMember: scope, auth.RoleAdmin: scope}, func(p auth.Principal) error {
				_, err := b.workspaces.Invite(ctx, p, b.id, workspace.InvitationInput{Role: auth.RoleOwner})
				return err
			}},
			"revoke": {map[auth.Role]apperr.Code{auth.RoleNone: none, auth.RoleViewer: scope, auth.RoleMember: scope}, func(p auth.Principal) error {
				return b.workspaces.Revoke(ctx, p, b.invite(t, workspace.InvitationInput{Role: auth.RoleMember}).ID)
			}},
			"set a role": {map[auth.Role]apperr.Code{auth.RoleNone: none, auth.RoleViewer: scope, auth.RoleMember: scope}, func(p auth.Principal) error {
				_, err := b.workspaces.SetRole(ctx, p, b.id, b.people[auth.RoleMember].AccountID, auth.RoleMember)
				return err
			}},
			"make an owner": {map[auth.Role]apperr.Code{auth.RoleNone: none, auth.RoleViewer: scope, auth.RoleMember: scope, auth.RoleAdmin: scope, auth.RoleOwner: ""}, func(p auth.Principal) error {
				_, err := b.workspaces.SetRole(ctx, p, b.id, b.people[auth.RoleOwner].AccountID, auth.RoleOwner)
				return err
			}},
			"unmake the last owner": {map[auth.Role]apperr.Code{auth.RoleNone: none, auth.RoleViewer: scope, auth.RoleMember: scope, auth.RoleAdmin: scope, auth.RoleOwner: apperr.LastOwner}, func(p auth.Principal) error {
				_, err := b.workspaces.SetRole(ctx, p, b.id, b.people[auth.RoleOwner].AccountID, auth.RoleAdmin)
				return err
			}},
			"remove an owner": {map[auth.Role]apperr.Code{auth.RoleNone: none, auth.RoleViewer: scope, auth.RoleMember: scope, auth.RoleAdmin: scope, auth.RoleOwner: apperr.LastOwner}, func(p auth.Principal) error {
				return b.workspaces.Remove(ctx, p, b.id, b.people[auth.RoleOwner].AccountID)
			}},
			"remove a stranger": {map[auth.Role]apperr.Code{auth.RoleNone: none, auth.RoleViewer: scope, auth.RoleMember: scope, auth.RoleAdmin: none, auth.RoleOwner: none}, func(p auth.Principal) error {
				return b.workspaces.Remove(ctx, p, b.id, uuid.New())
			}},
		} {
			for role, p := range b.people {
				if got := outcome(c.do(p)); got != c.want[role] {
					t.Errorf("%s as %q: got %q, want %q", name, role, got, c.want[role])
				}
				p.Scopes = nil
				if got := outcome(c.do(p)); role != auth.RoleNone && got != apperr.InsufficientScope {
					t.Errorf("%s as %q without a scope: got %q", name, role, got)
				}
			}
		}
		// Anybody may leave.
		if err := b.workspaces.Remove(ctx, b.people[auth.RoleViewer], b.id, b.people[auth.RoleViewer].AccountID); err != nil {
			t.Error(err)
		}
		_, err := b.workspaces.Get(ctx, b.people[auth.RoleViewer], b.id)
		wantCode(t, err, apperr.NotFound)
		_, err = b.workspaces.SetRole(ctx, b.people[auth.RoleOwner], b.id, b.people[auth.RoleMember].AccountID, "king")
		wantCode(t, err, apperr.ValidationFailed)
	})
}

func TestOwnersLeavingAtOnceLeaveOne(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bundle) {
		owners := []auth.Principal{b.people[auth.RoleOwner]}
		for i := range 4 {
			owners = append(owners, b.join(t, fmt.Sprintf("owner%d@example.com", i), auth.RoleOwner))
		}
		stay := 0
		for _, err := range atOnce(t.Context(), len(owners), func(ctx context.Context, i int) error {
			if i%2 == 0 {
				return b.workspaces.Remove(ctx, owners[i], b.id, owners[i].AccountID)
			}
			_, err := b.workspaces.SetRole(ctx, owners[i], b.id, owners[i].AccountID, auth.RoleViewer)
			return err
		}) {
			if err != nil {
				wantCode(t, err, apperr.LastOwner)
				stay++
			}
		}
		members, _, err := b.workspaces.Members(t.Context(), b.people[auth.RoleAdmin], b.id, workspace.Page[workspace.MemberPlace]{Limit: 100})
		n := 0
		for _, m := range members {
			if m.Role == auth.RoleOwner {
				n++
			}
		}
		if err != nil || n != 1 || stay != 1 {
			t.Errorf("%d owners are left, %d were kept, %v", n, stay, err)
		}
	})
}

func TestInvitationWorksOnce(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bundle) {
		people := make([]auth.Principal, 8)
		for i := range people {
			people[i] = b.person(t, fmt.Sprintf("p%d@example.com", i))
		}
		inv := b.invite(t, workspace.InvitationInput{Role: auth.RoleMember})
		in := 0
		for _, err := range atOnce(t.Context(), len(people), func(ctx context.Context, i int) error {
			_, err := b.workspaces.Accept(ctx, people[i], inv.Secret)
			return err
		}) {
			if err == nil {
				in++
				continue
			}
			wantCode(t, err, apperr.Gone)
		}
		members, _, err := b.workspaces.Members(t.Context(), b.people[auth.RoleOwner], b.id, workspace.Page[workspace.MemberPlace]{Limit: 100})
		if err != nil || in != 1 || len(members) != 5 {
			t.Errorf("%d got in, %d members, %v", in, len(members), err)
		}
	})
}

func TestInvitation(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bundle) {
		ctx, owner := t.Context(), b.people[auth.RoleOwner]
		for _, in := range []workspace.InvitationInput{{Role: ""}, {Role: "king"}, {Role: auth.RoleMember, Email: ptr("")}, {Role: auth.RoleMember, Email: ptr("x")}} {
			_, err := b.workspaces.Invite(ctx, owner, b.id, in)
			wantCode(t, err, apperr.ValidationFailed)
		}
		_, err := b.workspaces.Invite(ctx, owner, b.id, workspace.InvitationInput{Role: auth.RoleMember, Email: ptr("Admin@example.com")})
		wantCode(t, err, apperr.AlreadyExists)

		inv := b.invite(t, workspace.InvitationInput{Role: auth.RoleMember, Email: ptr("Grace@Example.com")})
		if inv.Email != "grace@example.com" || inv.InvitedBy.ID != owner.AccountID || !inv.ExpiresAt.Equal(inv.CreatedAt.Add(7*24*time.Hour)) {
			t.Errorf("got %+v", inv)
		}
		_, err = b.workspaces.Accept(ctx, b.people[auth.RoleNone], "tti_x")
		wantCode(t, err, apperr.NotFound)
		_, err = b.workspaces.Accept(ctx, b.people[auth.RoleNone], account.NewSecret(account.InvitationPrefix).Text)
		wantCode(t, err, apperr.Gone)
		_, err = b.workspaces.Accept(ctx, b.people[auth.RoleNone], inv.Secret)
		wantCode(t, err, apperr.Forbidden)
		grace := b.person(t, "grace@example.com")
		w, err := b.workspaces.Accept(ctx, grace, inv.Secret)
		if err != nil || w.ID != b.id || w.Role != auth.RoleMember {
			t.Fatalf("got %+v, %v", w, err)
		}
		wantCode(t, b.workspaces.Revoke(ctx, owner, inv.ID), apperr.Conflict)

		forAnyone := b.invite(t, workspace.InvitationInput{Role: auth.RoleOwner})
		_, err = b.workspaces.Accept(ctx, grace, forAnyone.Secret)
		wantCode(t, err, apperr.AlreadyExists)
		if err := b.workspaces.Revoke(ctx, b.people[auth.RoleAdmin], forAnyone.ID); err != nil {
			t.Fatal(err)
		}
		_, err = b.workspaces.Accept(ctx, b.people[auth.RoleNone], forAnyone.Secret)
		wantCode(t, err, apperr.Gone)
		late := b.invite(t, workspace.InvitationInput{Role: auth.RoleMember})
		b.advance(workspace.InvitationTTL)
		_, err = b.workspaces.Accept(ctx, b.people[auth.RoleNone], late.Secret)
		wantCode(t, err, apperr.Gone)

		items, next, err := b.workspaces.Invitations(ctx, owner, b.id, workspace.Page[uuid.UUID]{Limit: 2})
		if err != nil || len(items) != 2 || next == nil || items[0].ID != late.ID || items[1].ID != inv.ID || items[1].AcceptedAt == nil || items[0].InvitedBy.Name != owner.Name {
			t.Fatalf("got %+v, %v, %v", items, next, err)
		}
		items, next, err = b.workspaces.Invitations(ctx, owner, b.id, workspace.Page[uuid.UUID]{Limit: 10, After: next})
		if err != nil || len(items) != 3 || next != nil {
			t.Errorf("got %+v, %v, %v", items, next, err)
		}
	})
}

func TestListsPage(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bundle) {
		ctx, p := t.Context(), b.people[auth.RoleNone]
		want := []string{"a", "b", "b", "c", "d"}
		for _, name := range []string{"d", "b", "a", "b", "c"} {
			if _, err := b.workspaces.Create(ctx, p, name); err != nil {
				t.Fatal(err)
			}
		}
		var names []string
		for after := (*uuid.UUID)(nil); ; {
			items, next, err := b.workspaces.List(ctx, p, workspace.Page[uuid.UUID]{Limit: 2, After: after})
			if err != nil {
				t.Fatal(err)
			}
			for _, w := range items {
				names = append(names, w.Name)
			}
			if after = next; next == nil {
				break
			}
		}
		if diff := cmp.Diff(want, names); diff != "" {
			t.Error(diff)
		}
		var roles []auth.Role
		for after := (*workspace.MemberPlace)(nil); ; {
			items, next, err := b.workspaces.Members(ctx, b.people[auth.RoleViewer], b.id, workspace.Page[workspace.MemberPlace]{Limit: 3, After: after})
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range items {
				roles = append(roles, m.Role)
			}
			if after = next; next == nil {
				break
			}
		}
		if diff := cmp.Diff([]auth.Role{auth.RoleOwner, auth.RoleAdmin, auth.RoleMember, auth.RoleViewer}, roles); diff != "" {
			t.Error(diff)
		}
	})
}

func TestChangesAreRecorded(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bundle) {
		ctx, owner := t.Context(), b.people[auth.RoleOwner]
		inv := b.invite(t, workspace.InvitationInput{Role: auth.RoleMember})
		_, err1 := b.workspaces.Update(ctx, owner, b.id, workspace.Patch{Name: ptr("New")})
		_, err2 := b.workspaces.SetRole(ctx, owner, b.id, b.people[auth.RoleMember].AccountID, auth.RoleViewer)
		err3 := b.workspaces.Remove(ctx, owner, b.id, b.people[auth.RoleMember].AccountID)
		err4 := b.workspaces.Revoke(ctx, owner, inv.ID)
		if err := errors.Join(err1, err2, err3, err4); err != nil {
			t.Fatal(err)
		}
		items, _, err := activity.NewService(store.NewActivity(b.db)).List(ctx, owner, activity.Query{Of: activity.OfWorkspace, ID: b.id, Limit: 5})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, e := range items {
			line := e.Action
			for _, c := range e.Changes {
				line += fmt.Sprintf(" %s %s→%s", c.Field, c.From, c.To)
			}
			got = append(got, line)
		}
		slices.Reverse(got)
		want := []string{
			"invitation.created role null→\"member\"", "workspace.updated name \"Acme\"→\"New\"", "member.updated role \"member\"→\"viewer\"",
			"member.removed role \"viewer\"→null", "invitation.revoked role \"member\"→null",
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	})
}

// Whoever is removed or demoted does not come back by an invitation of their own.
func TestInvitationsEndWithTheInvitersRole(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bundle) {
		ctx, owner := t.Context(), b.people[auth.RoleOwner]
		for name, c := range map[string]struct {
			was  auth.Role
			then func(p auth.Principal) error
			left []auth.Role // of the invitations that still work
		}{
			"removed": {auth.RoleAdmin, func(p auth.Principal) error { return b.workspaces.Remove(ctx, owner, b.id, p.AccountID) }, nil},
			"left":    {auth.RoleOwner, func(p auth.Principal) error { return b.workspaces.Remove(ctx, p, b.id, p.AccountID) }, nil},
			"owner to member": {auth.RoleOwner, func(p auth.Principal) error {
				_, err := b.workspaces.SetRole(ctx, owner, b.id, p.AccountID, auth.RoleMember)
				return err
			}, nil},
			"owner to admin": {auth.RoleOwner, func(p auth.Principal) error {
				_, err := b.workspaces.SetRole(ctx, owner, b.id, p.AccountID, auth.RoleAdmin)
				return err
			}, []auth.Role{auth.RoleViewer, auth.RoleAdmin}},
			"admin to owner": {auth.RoleAdmin, func(p auth.Principal) error {
				_, err := b.workspaces.SetRole(ctx, owner, b.id, p.AccountID, auth.RoleOwner)
				return err
			}, []auth.Role{auth.RoleViewer, auth.RoleAdmin}},
		} {
			mail := strings.ReplaceAll(name, " ", "-")
			p := b.join(t, mail+"@example.com", c.was)
			kept := b.invite(t, workspace.InvitationInput{Role: auth.RoleViewer}) // somebody else's
			secrets := map[auth.Role]string{}
			for _, role := range []auth.Role{auth.RoleViewer, auth.RoleAdmin, auth.RoleOwner} {
				if role == auth.RoleOwner && c.was != auth.RoleOwner {
					continue
				}
				inv, err := b.workspaces.Invite(ctx, p, b.id, workspace.InvitationInput{Role: role})
				if err != nil {
					t.Fatal(err)
				}
				secrets[role] = inv.Secret
			}
			if err := c.then(p); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			for role, secret := range secrets {
				_, err := b.workspaces.Accept(ctx, b.person(t, mail+"-"+string(role)+"@example.com"), secret)
				if want := map[bool]apperr.Code{true: "", false: apperr.Gone}[slices.Contains(c.left, role)]; outcome(err) != want {
					t.Errorf("%s: the %s invitation: got %v, want %q", name, role, err, want)
				}
			}
			if _, err := b.workspaces.Accept(ctx, b.person(t, mail+"-kept@example.com"), kept.Secret); err != nil {
				t.Errorf("%s: another's invitation: %v", name, err)
			}
		}
	})
}
