package store_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/task-tracker/task-tracker/app/internal/activity"
	"github.com/task-tracker/task-tracker/app/internal/apperr"
	"github.com/task-tracker/task-tracker/app/internal/auth"
	"github.com/task-tracker/task-tracker/app/internal/project"
	"github.com/task-tracker/task-tracker/app/internal/store"
	"github.com/task-tracker/task-tracker/app/internal/task"
	"github.com/task-tracker/task-tracker/app/internal/testdb"
)

// history reads all activity of an object page by page.
func history(t *testing.T, svc *activity.Service, p auth.Principal, of activity.Of, id uuid.UUID, limit int) []activity.Entry {
	t.Helper()
	var out []activity.Entry
	q := activity.Query{Of: of, ID: id, Limit: limit}
	for {
		items, next, err := svc.List(t.Context(), p, q)
		if err != nil || len(items) > limit {
			t.Fatal(err, len(items))
		}
		out = append(out, items...)
		if q.After = next; next == nil {
			return out
		}
	}
}

func actionsOf(entries []activity.Entry) []string {
	out := []string{}
	for _, e := range entries {
		out = append(out, e.Action)
	}
	return out
}

func TestActivityOfTaskProjectAndWorkspace(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *store.DB) {
		w, ctx, svc := setup(t, db), t.Context(), projectService(db)
		log := activity.NewService(store.NewActivity(db))
		byToken := w.admin
		byToken.TokenID, byToken.TokenName = newID(), "ci"
		in, err := svc.Create(ctx, byToken, w.workspace, project.CreateInput{Key: "WEB", Name: "Web"})
		if err != nil {
			t.Fatal(err)
		}
		label, err := svc.CreateLabel(ctx, w.member, in.ID, project.LabelInput{Name: "bug", Color: "#ff0000"})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := svc.UpdateLabel(ctx, w.member, label.ID, project.LabelPatch{Color: ptr("#00ff00")}); err != nil {
			t.Fatal(err)
		}
		if _, err := svc.UpdateLabel(ctx, w.member, label.ID, project.LabelPatch{Color: ptr("#00FF00")}); err != nil { // nothing changes
			t.Fatal(err)
		}
		made, err := w.tasks.Create(ctx, w.member, in.ID, task.CreateInput{Title: "T", Priority: task.PriorityNone})
		if err != nil {
			t.Fatal(err)
		}
		if err := w.tasks.Delete(ctx, w.member, made.ID, nil); err != nil {
			t.Fatal(err)
		}
		if err := svc.DeleteLabel(ctx, w.member, label.ID, nil); err != nil {
			t.Fatal(err)
		}

		entries := history(t, log, w.viewer, activity.OfProject, in.ID, 2)
		want := []string{"label.deleted", "task.deleted", "task.created", "label.updated", "label.created", "project.created"}
		if diff := cmp.Diff(want, actionsOf(entries)); diff != "" {
			t.Fatal(diff)
		}
		updated := entries[3]
		if diff := cmp.Diff([]activity.Change{{Field: "color", From: json.RawMessage(`"#ff0000"`), To: json.RawMessage(`"#00ff00"`)}}, updated.Changes); diff != "" {
			t.Error(diff)
		}
		if updated.EntityType != "label" || updated.EntityID != label.ID || updated.WorkspaceID != w.workspace || updated.TaskID != nil || *updated.ProjectID != in.ID ||
			updated.ActorID != w.member.AccountID || updated.ActorName != "Mia" || updated.TokenID != nil || updated.CreatedAt.Before(made.CreatedAt.Add(-1e10)) {
			t.Errorf("%+v", updated)
		}
		if first := entries[5]; first.TokenID == nil || *first.TokenID != byToken.TokenID || first.TokenName != "ci" || first.EntityID != in.ID {
			t.Errorf("%+v", first)
		}
		// The task is gone; what happened to it is not.
		if diff := cmp.Diff([]string{"task.deleted", "task.created"}, actionsOf(history(t, log, w.viewer, activity.OfTask, made.ID, 1))); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff(want, actionsOf(history(t, log, w.viewer, activity.OfWorkspace, w.workspace, 100))); diff != "" {
			t.Error(diff)
		}
		if other := setup(t, db); len(history(t, log, other.owner, activity.OfWorkspace, other.workspace, 100)) != 0 {
			t.Error("another workspace's activity")
		}
	})
}

func TestActivityPermissions(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *store.DB) {
		w, ctx := setup(t, db), t.Context()
		log := activity.NewService(store.NewActivity(db))
		gone := w.create(t, task.CreateInput{Title: "gone", Priority: task.PriorityNone})
		there := w.create(t, task.CreateInput{Title: "there", Priority: task.PriorityNone})
		if err := w.tasks.Delete(ctx, w.member, gone.ID, nil); err != nil {
			t.Fatal(err)
		}
		for of, ids := range map[activity.Of][]uuid.UUID{
			activity.OfTask: {gone.ID, there.ID}, activity.OfProject: {w.project}, activity.OfWorkspace: {w.workspace},
		} {
			for _, id := range ids {
				if _, _, err := log.List(ctx, readOnly(w.viewer), activity.Query{Of: of, ID: id, Limit: 1}); err != nil {
					t.Errorf("%s: %v", of, err)
				}
				_, _, hidden := log.List(ctx, w.outsider, activity.Query{Of: of, ID: id, Limit: 1})
				_, _, unknown := log.List(ctx, w.owner, activity.Query{Of: of, ID: uuid.New(), Limit: 1})
				if !apperr.Is(hidden, apperr.NotFound) || !apperr.Is(unknown, apperr.NotFound) || apperr.From(hidden).Message != apperr.From(unknown).Message {
					t.Errorf("%s: %v and %v", of, hidden, unknown)
				}
				_, _, err := log.List(ctx, auth.Principal{AccountID: w.owner.AccountID}, activity.Query{Of: of, ID: id, Limit: 1})
				if !apperr.Is(err, apperr.InsufficientScope) {
					t.Errorf("%s without a scope: %v", of, err)
				}
			}
		}
	})
}

// Who was invited is shown to those only who may list invitations.
func TestActivityHidesInvitations(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *store.DB) {
		w := setup(t, db)
		log := activity.NewService(store.NewActivity(db))
		id := newID()
		w.exec(t, `INSERT INTO activity (id, workspace_id, actor_id, token_name, action, entity_type, entity_id, changes, created_at)
			VALUES (?, ?, ?, '', 'invitation.created', 'invitation', ?, '[{"field":"email","from":null,"to":"grace@example.com"}]', 1)`,
			id[:], w.workspace[:], w.owner.AccountID[:], id[:])
		w.create(t, task.CreateInput{Title: "T", Priority: task.PriorityNone})
		for _, c := range []struct {
			p    auth.Principal
			want []string
		}{
			{w.admin, []string{"task.created", "invitation.created"}},
			{readOnly(w.admin), []string{"task.created"}},
			{w.member, []string{"task.created"}},
		} {
			if diff := cmp.Diff(c.want, actionsOf(history(t, log, c.p, activity.OfWorkspace, w.workspace, 1))); diff != "" {
				t.Errorf("%s %v:\n%s", c.p.Name, c.p.Scopes, diff)
			}
		}
	})
}

// An entry that names another workspace's task or project, as an import may bring it, shows up in no workspace but its own.
func TestActivityStaysInItsWorkspace(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *store.DB) {
		w, other := setup(t, db), setup(t, db)
		log := activity.NewService(store.NewActivity(db))
		there := w.create(t, task.CreateInput{Title: "there", Priority: task.PriorityNone})
		gone := w.create(t, task.CreateInput{Title: "gone", Priority: task.PriorityNone})
		if err := w.tasks.Delete(t.Context(), w.member, gone.ID, nil); err != nil {
			t.Fatal(err)
		}
		for _, named := range []uuid.UUID{there.ID, gone.ID} {
			first := named
			first[0] = 0 // before all others
			for _, id := range []uuid.UUID{first, newID()} {
				w.exec(t, `INSERT INTO activity (id, workspace_id, project_id, task_id, actor_id, token_name, action, entity_type, entity_id, changes, created_at)
					VALUES (?, ?, ?, ?, ?, '', 'task.forged', 'task', ?, '[]', 1)`,
					id[:], other.workspace[:], w.project[:], named[:], other.owner.AccountID[:], named[:])
			}
		}
		for _, c := range []struct {
			of   activity.Of
			id   uuid.UUID
			want []string
		}{
			{activity.OfTask, there.ID, []string{"task.created"}},
			{activity.OfTask, gone.ID, []string{"task.deleted", "task.created"}},
			{activity.OfProject, w.project, []string{"task.deleted", "task.created", "task.created"}},
		} {
			if diff := cmp.Diff(c.want, actionsOf(history(t, log, w.viewer, c.of, c.id, 100))); diff != "" {
				t.Errorf("%s:\n%s", c.of, diff)
			}
		}
		if _, _, err := log.List(t.Context(), other.owner, activity.Query{Of: activity.OfTask, ID: there.ID, Limit: 1}); !apperr.Is(err, apperr.NotFound) {
			t.Errorf("a task of another workspace: %v", err)
		}
	})
}
