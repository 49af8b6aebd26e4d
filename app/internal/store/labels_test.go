package store_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/oapi-codegen/nullable"

	"github.com/task-tracker/task-tracker/app/internal/activity"
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

// TestDeletedLabelLeavesItsTasks deletes a label that more tasks have than one transaction changes. It is out of sight at
// once, and taking it off is a change of each task: version, time, an entry, and nothing of it twice.
func TestDeletedLabelLeavesItsTasks(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *store.DB) {
		w, ctx, svc := setup(t, db), t.Context(), projectService(db)
		log := activity.NewService(store.NewActivity(db))
		const tasks = 230
		var made []task.Task
		for range tasks {
			made = append(made, w.create(t, task.CreateInput{Title: "T", LabelIDs: w.labels[:2], AssigneeIDs: []uuid.UUID{w.member.AccountID}}))
		}
		bare := w.create(t, task.CreateInput{Title: "without it", LabelIDs: w.labels[1:2]})
		if err := svc.DeleteLabel(ctx, w.member, w.labels[0], cond.Only(1)); err != nil {
			t.Fatal(err)
		}
		_, err := svc.Label(ctx, w.viewer, w.labels[0])
		requireCode(t, err, apperr.NotFound)
		requireCode(t, svc.DeleteLabel(ctx, w.member, w.labels[0], nil), apperr.NotFound)
		_, err = w.tasks.Create(ctx, w.member, w.project, task.CreateInput{Title: "late", LabelIDs: w.labels[:1]})
		requireCode(t, err, apperr.ValidationFailed, "/label_ids/0")
		if _, err := svc.CreateLabel(ctx, w.member, w.project, project.LabelInput{Name: "label-0", Color: "#112233"}); err != nil {
			t.Errorf("its name is free again: %v", err)
		}
		// A change of a task before its turn takes the label off, too, and says so.
		last := made[tasks-1]
		changed, err := w.tasks.Update(ctx, w.member, last.ID, task.Patch{Title: ptr("first")}, nil)
		if err != nil || changed.Version != 2 || len(changed.Labels) != 1 {
			t.Fatalf("changed before its turn: %v %+v", err, changed)
		}

		if err := db.DetachLabels(ctx); err != nil {
			t.Fatal(err)
		}
		for _, before := range made {
			got, err := w.tasks.Get(ctx, w.viewer, before.ID)
			if err != nil || len(got.Labels) != 1 || got.Labels[0].ID != w.labels[1] || got.Version != 2 || !got.UpdatedAt.After(before.UpdatedAt) {
				t.Fatalf("%v %+v", err, got)
			}
			entries := history(t, log, w.viewer, activity.OfTask, before.ID, 10)
			if len(entries) != 2 || entries[0].ActorID != w.member.AccountID {
				t.Fatalf("%+v", entries)
			}
			for _, c := range entries[0].Changes {
				if c.Field != "label_ids" {
					continue
				}
				want := [2]string{fmt.Sprintf(`["%s","%s"]`, w.labels[0], w.labels[1]), fmt.Sprintf(`["%s"]`, w.labels[1])}
				if diff := cmp.Diff(want, [2]string{string(c.From), string(c.To)}); diff != "" {
					t.Fatal(diff)
				}
			}
		}
		if got, err := w.tasks.Get(ctx, w.viewer, bare.ID); err != nil || got.Version != 1 {
			t.Errorf("a task without the label: %v %+v", err, got)
		}
		// The copies of the sort keys follow.
		sorted, _, err := w.tasks.List(ctx, w.viewer, task.Query{ProjectID: w.project, Label: &w.labels[1], Sort: task.Sort{Field: task.SortUpdated}, Limit: 1})
		if err != nil || len(sorted) != 1 || sorted[0].ID != bare.ID {
			t.Errorf("by the time of the last change: %v %+v", err, sorted)
		}
		if err := db.DetachLabels(ctx); err != nil {
			t.Errorf("with nothing to do: %v", err)
		}
	})
}

// TestLabelsAreTakenOffBesideChanges deletes labels while their tasks are changed: no change is lost, and each entry of a
// task's labels begins where the one before it ended.
func TestLabelsAreTakenOffBesideChanges(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *store.DB) {
		w, ctx, svc := setup(t, db), t.Context(), projectService(db)
		log := activity.NewService(store.NewActivity(db))
		var ids []uuid.UUID
		for range 12 {
			ids = append(ids, w.create(t, task.CreateInput{Title: "T", LabelIDs: w.labels}).ID)
		}
		together(6, func(i int) {
			var err error
			switch i {
			case 0, 1:
				err = svc.DeleteLabel(context.Background(), w.member, w.labels[i], nil)
			case 2:
				err = db.DetachLabels(context.Background())
			default:
				for n, id := range ids {
					if _, updateErr := w.tasks.Update(context.Background(), w.member, id, task.Patch{Estimate: nullable.NewNullableWithValue(int64(10*i + n))}, nil); updateErr != nil {
						err = updateErr
					}
				}
			}
			if err != nil {
				t.Error(err)
			}
		})
		if err := db.DetachLabels(ctx); err != nil {
			t.Fatal(err)
		}
		for _, id := range ids {
			got, err := w.tasks.Get(ctx, w.viewer, id)
			if err != nil || len(got.Labels) != len(w.labels)-2 {
				t.Fatalf("%v %+v", err, got.Labels)
			}
			entries := history(t, log, w.viewer, activity.OfTask, id, 100)
			if int64(len(entries)) != got.Version {
				t.Errorf("%d entries, version %d", len(entries), got.Version)
			}
			ends := map[string]string{}
			for i := len(entries) - 1; i >= 0; i-- {
				for _, c := range entries[i].Changes {
					if end, seen := ends[c.Field]; seen && end != string(c.From) {
						t.Errorf("%s begins with %s where it had ended with %s", c.Field, c.From, end)
					}
					ends[c.Field] = string(c.To)
				}
			}
		}
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
