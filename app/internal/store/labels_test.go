package store_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/task-tracker/task-tracker/app/internal/apperr"
	"github.com/task-tracker/task-tracker/app/internal/auth"
	"github.com/task-tracker/task-tracker/app/internal/cond"
	"github.com/task-tracker/task-tracker/app/internal/project"
	"github.com/task-tracker/task-tracker/app/internal/store"
	"github.com/task-tracker/task-tracker/app/internal/task"
	"github.com/task-tracker/task-tracker/app/internal/testdb"
)

func TestLabelLife(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *store.DB) {
		w, ctx, svc := setup(t, db), t.Context(), projectService(db)
		made, err := svc.CreateLabel(ctx, w.member, w.project, project.LabelInput{Name: "Größe", Color: "#D73A4A"})
		if err != nil || made.Version != 1 || made.Color != "#d73a4a" || made.Name != "Größe" || made.ProjectID != w.project {
			t.Fatalf("created: %v %+v", err, made)
		}
		got, err := svc.Label(ctx, w.viewer, made.ID)
		if diff := cmp.Diff(made, got); err != nil || diff != "" {
			t.Fatalf("get: %v\n%s", err, diff)
		}
		_, err = svc.CreateLabel(ctx, w.member, w.project, project.LabelInput{Name: "GRO\u0308ßE ", Color: "#000000"}) // decomposed
		requireCode(t, err, apperr.AlreadyExists)
		_, err = svc.CreateLabel(ctx, w.member, w.project, project.LabelInput{Name: "x", Color: "red"})
		requireCode(t, err, apperr.ValidationFailed, "/color")

		changed, err := svc.UpdateLabel(ctx, w.member, made.ID, project.LabelPatch{IfVersion: cond.Only(1), Name: ptr("größe"), Color: ptr("#ABCDEF")})
		if err != nil || changed.Version != 2 || changed.Name != "größe" || changed.Color != "#abcdef" {
			t.Fatalf("updated: %v %+v", err, changed)
		}
		same, err := svc.UpdateLabel(ctx, w.member, made.ID, project.LabelPatch{Color: ptr("#AbCdEf")})
		if diff := cmp.Diff(changed, same); err != nil || diff != "" {
			t.Fatalf("a change of nothing: %v\n%s", err, diff)
		}
		_, err = svc.UpdateLabel(ctx, w.member, made.ID, project.LabelPatch{IfVersion: cond.Only(1)})
		requireCode(t, err, apperr.PreconditionFailed)
		_, err = svc.UpdateLabel(ctx, w.member, made.ID, project.LabelPatch{Name: ptr("LABEL-0")})
		requireCode(t, err, apperr.AlreadyExists)
		requireCode(t, svc.DeleteLabel(ctx, w.member, made.ID, cond.Only(1)), apperr.PreconditionFailed)
	})
}

func TestDeletedLabelLeavesItsTasks(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *store.DB) {
		w, ctx, svc := setup(t, db), t.Context(), projectService(db)
		before := w.create(t, task.CreateInput{Title: "T", Priority: task.PriorityNone, LabelIDs: w.labels[:2]})
		if err := svc.DeleteLabel(ctx, w.member, w.labels[0], cond.Only(1)); err != nil {
			t.Fatal(err)
		}
		got, err := w.tasks.Get(ctx, w.viewer, before.ID)
		if err != nil || len(got.Labels) != 1 || got.Labels[0].ID != w.labels[1] || got.Version != before.Version {
			t.Fatalf("%v %+v", err, got)
		}
		_, err = svc.Label(ctx, w.viewer, w.labels[0])
		requireCode(t, err, apperr.NotFound)
		requireCode(t, svc.DeleteLabel(ctx, w.member, w.labels[0], nil), apperr.NotFound)
	})
}

func TestLabelsAreBoundedAndPaged(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *store.DB) {
		w, ctx, svc := setup(t, db), t.Context(), projectService(db)
		in, _ := freshProject(t, w, svc, "WEB")
		want := make([]string, 0, project.MaxLabels)
		// Some names that the engines could be tempted to sort in different ways; the rest straight into the table.
		for _, name := range []string{"Zebra", "apple", "Äpfel", "éclair", "10", "9", "😀 smile", "_low", "ß"} {
			if _, err := svc.CreateLabel(ctx, w.member, in.ID, project.LabelInput{Name: name, Color: "#000000"}); err != nil {
				t.Fatal(err)
			}
			want = append(want, name)
		}
		for len(want) < project.MaxLabels-1 {
			id, name := newID(), fmt.Sprintf("Label %03d", len(want))
			w.exec(t, "INSERT INTO labels (id, project_id, name, name_fold, color, created_at, updated_at, version) VALUES (?, ?, ?, ?, '#00ff00', 1, 1, 1)",
				id[:], in.ID[:], name, project.Fold(name))
			want = append(want, name)
		}
		if _, err := svc.CreateLabel(ctx, w.member, in.ID, project.LabelInput{Name: "the last", Color: "#000000"}); err != nil {
			t.Fatal(err)
		}
		want = append(want, "the last")
		_, err := svc.CreateLabel(ctx, w.member, in.ID, project.LabelInput{Name: "too many", Color: "#000000"})
		requireCode(t, err, apperr.ValidationFailed, "")

		slices.SortFunc(want, func(a, b string) int { return strings.Compare(project.Fold(a), project.Fold(b)) })
		var got []string
		page := project.Page[project.LabelCursor]{Limit: 37}
		for {
			items, next, err := svc.Labels(ctx, w.viewer, in.ID, page)
			if err != nil || len(items) > 37 {
				t.Fatal(err, len(items))
			}
			for _, l := range items {
				got = append(got, l.Name)
			}
			if page.After = next; next == nil {
				break
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatal(diff)
		}
	})
}

func TestLabelPermissions(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *store.DB) {
		w, svc := setup(t, db), projectService(db)
		ctx, label := t.Context(), w.labels[0]
		for _, c := range []struct {
			p           auth.Principal
			id          uuid.UUID
			read, write apperr.Code
		}{
			{w.outsider, label, apperr.NotFound, apperr.NotFound},
			{w.owner, uuid.New(), apperr.NotFound, apperr.NotFound},
			{w.viewer, label, "", apperr.Forbidden},
			{readOnly(w.admin), label, "", apperr.InsufficientScope},
		} {
			_, readErr := svc.Label(ctx, c.p, c.id)
			_, updateErr := svc.UpdateLabel(ctx, c.p, c.id, project.LabelPatch{Name: ptr("X")})
			deleteErr := svc.DeleteLabel(ctx, c.p, c.id, nil)
			if c.read == "" && readErr != nil || c.read != "" && !apperr.Is(readErr, c.read) {
				t.Errorf("%s reads: %v, want %q", c.p.Name, readErr, c.read)
			}
			if !apperr.Is(updateErr, c.write) || !apperr.Is(deleteErr, c.write) {
				t.Errorf("%s writes: %v, %v, want %q", c.p.Name, updateErr, deleteErr, c.write)
			}
		}
		_, _, err := svc.Labels(ctx, w.outsider, w.project, project.Page[project.LabelCursor]{Limit: 1})
		requireCode(t, err, apperr.NotFound)
		_, err = svc.CreateLabel(ctx, w.outsider, w.project, project.LabelInput{Name: "X", Color: "#000000"})
		requireCode(t, err, apperr.NotFound)
	})
}
