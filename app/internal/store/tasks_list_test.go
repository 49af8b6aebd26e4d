package store_test

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/task-tracker/task-tracker/app/internal/apperr"
	"github.com/task-tracker/task-tracker/app/internal/project"
	"github.com/task-tracker/task-tracker/app/internal/store"
	"github.com/task-tracker/task-tracker/app/internal/task"
	"github.com/task-tracker/task-tracker/app/internal/testdb"
)

// TestListsAgreeWithAPlainFilter lists random tasks by random queries, page by page, and compares with a filter and a
// sort in memory.
func TestListsAgreeWithAPlainFilter(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *store.DB) {
		w, ctx := setup(t, db), t.Context()
		rnd := rand.New(rand.NewPCG(1, 2))
		other, otherStatuses, otherLabels := w.newProject(t, "DEV")
		var all []task.Task
		for i := range 120 {
			id, statuses, labels := w.project, w.statuses, w.labels
			if i%4 == 0 {
				id, statuses, labels = other, otherStatuses, otherLabels
			}
			made, err := w.tasks.Create(ctx, w.member, id, w.randomTask(rnd, statuses, labels, all, id))
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, made)
		}
		for range 60 { // changes move tasks in every order and must move the copies of their sort keys too
			i := rnd.IntN(len(all))
			changed, err := w.tasks.Update(ctx, w.member, all[i].ID, task.Patch{
				Priority: ptr(pick(rnd, task.Priorities())), Position: ptr(rnd.Int64N(10)), Title: ptr(words(rnd, 3)),
			}, nil)
			if err != nil {
				t.Fatal(err)
			}
			all[i] = changed
		}
		for range 250 {
			q := w.randomQuery(rnd, all, other)
			want := wanted(all, q)
			got, err := everyPage(ctx, w, q)
			if err != nil {
				t.Fatalf("%+v: %v", q, err)
			}
			if !slices.Equal(keys(got), keys(want)) {
				t.Fatalf("query %s\n got %v\nwant %v", describe(q), keys(got), keys(want))
			}
		}
	})
}

func (w *world) randomTask(rnd *rand.Rand, statuses map[project.Category]uuid.UUID, labels []uuid.UUID, all []task.Task, projectID uuid.UUID) task.CreateInput {
	in := task.CreateInput{
		Title: words(rnd, 3), Description: words(rnd, 5), StatusID: ptr(statuses[pick(rnd, project.Categories())]),
		Priority: pick(rnd, task.Priorities()), Position: ptr(rnd.Int64N(10)),
	}
	for _, p := range []uuid.UUID{w.owner.AccountID, w.admin.AccountID, w.member.AccountID} {
		if rnd.IntN(3) == 0 {
			in.AssigneeIDs = append(in.AssigneeIDs, p)
		}
	}
	for _, l := range labels {
		if rnd.IntN(3) == 0 {
			in.LabelIDs = append(in.LabelIDs, l)
		}
	}
	if rnd.IntN(2) == 0 {
		in.DueDate = ptr(task.Date(fmt.Sprintf("2026-01-%02d", 1+rnd.IntN(9))))
	}
	if len(all) > 0 && rnd.IntN(3) == 0 {
		if parent := pick(rnd, all); parent.ProjectID == projectID {
			in.ParentID = &parent.ID
		}
	}
	return in
}

var vocabulary = []string{"alpha", "alphabet", "beta", "the", "with", "Größe", "größer", "naïve", "q2q", "x_y-zed", "don't", "日本語", "sequel"}

func words(rnd *rand.Rand, n int) string {
	out := make([]string, n)
	for i := range out {
		out[i] = pick(rnd, vocabulary)
	}
	return strings.Join(out, " ")
}

func pick[T any](rnd *rand.Rand, from []T) T { return from[rnd.IntN(len(from))] }

func (w *world) randomQuery(rnd *rand.Rand, all []task.Task, other uuid.UUID) task.Query {
	q := task.Query{WorkspaceID: w.workspace, Limit: 1 + rnd.IntN(40)}
	sorts := task.SortFields()
	switch rnd.IntN(3) {
	case 0:
		q.ProjectID = w.project
	case 1:
		q.ProjectID = other
	default:
		sorts = sorts[:4]
	}
	q.Sort = task.Sort{Field: pick(rnd, sorts), Desc: rnd.IntN(2) == 0}
	some := func() bool { return rnd.IntN(4) == 0 }
	if some() {
		q.Categories = []project.Category{pick(rnd, project.Categories())}
		if some() {
			q.Categories = append(q.Categories, pick(rnd, project.Categories()))
		}
	}
	if some() {
		q.StatusIDs = []uuid.UUID{pick(rnd, all).Status.ID}
		if some() {
			q.StatusIDs = append(q.StatusIDs, pick(rnd, all).Status.ID)
		}
	}
	if some() {
		q.Priorities = []task.Priority{pick(rnd, task.Priorities()), pick(rnd, task.Priorities())}
	}
	if some() {
		q.Assignee = &w.admin.AccountID
	}
	if some() {
		q.Label = &w.labels[1]
	}
	if some() {
		if t := pick(rnd, all); t.ParentID != nil {
			q.Parent = t.ParentID
		}
	}
	if some() {
		q.DueBefore = ptr(task.Date("2026-01-07"))
	}
	if some() {
		q.DueAfter = ptr(task.Date("2026-01-03"))
	}
	if some() {
		q.UpdatedAfter = ptr(pick(rnd, all).UpdatedAt)
	}
	if some() {
		q.Text = pick(rnd, []string{"alpha", "ALPHAB", "the", "größ", "naï", "zed beta", "q2q", "日本語", "with al the"})
	}
	return q
}

// wanted is the plain way to say what a query means.
func wanted(all []task.Task, q task.Query) []task.Task {
	var out []task.Task
	for _, t := range all {
		due := task.NoDate
		if t.DueDate != nil {
			due = *t.DueDate
		}
		switch {
		case q.ProjectID != uuid.Nil && t.ProjectID != q.ProjectID,
			len(q.Categories) > 0 && !slices.Contains(q.Categories, t.Status.Category),
			len(q.StatusIDs) > 0 && !slices.Contains(q.StatusIDs, t.Status.ID),
			len(q.Priorities) > 0 && !slices.Contains(q.Priorities, t.Priority),
			q.Assignee != nil && !slices.ContainsFunc(t.Assignees, func(p task.Person) bool { return p.ID == *q.Assignee }),
			q.Label != nil && !slices.ContainsFunc(t.Labels, func(l task.LabelRef) bool { return l.ID == *q.Label }),
			q.Parent != nil && (t.ParentID == nil || *t.ParentID != *q.Parent),
			q.DueBefore != nil && due >= *q.DueBefore,
			q.DueAfter != nil && (due <= *q.DueAfter || t.DueDate == nil),
			q.UpdatedAfter != nil && !t.UpdatedAt.After(*q.UpdatedAfter),
			!mentions(t.Title+" "+t.Description, q.Text):
			continue
		}
		out = append(out, t)
	}
	slices.SortFunc(out, func(a, b task.Task) int {
		due := func(t task.Task) task.Date {
			if t.DueDate == nil {
				return task.NoDate
			}
			return *t.DueDate
		}
		var by int
		switch q.Sort.Field {
		case task.SortUpdated:
			by = a.UpdatedAt.Compare(b.UpdatedAt)
		case task.SortPriority:
			by = cmp.Compare(a.Priority.Number(), b.Priority.Number())
		case task.SortDue:
			by = cmp.Compare(due(a), due(b))
		case task.SortPosition:
			by = cmp.Compare(a.Position, b.Position)
		case task.SortCreated:
		}
		by = cmp.Or(by, bytes.Compare(a.ID[:], b.ID[:]))
		if q.Sort.Desc {
			return -by
		}
		return by
	})
	return out
}

// mentions reports whether each word of query begins a word of text.
func mentions(text, query string) bool {
	split := func(s string) []string {
		return strings.FieldsFunc(strings.ToLower(s), func(r rune) bool { return strings.ContainsRune(" _-'", r) })
	}
	for _, q := range split(query) {
		if len([]rune(q)) >= 3 && !slices.ContainsFunc(split(text), func(w string) bool { return strings.HasPrefix(w, q) }) {
			return false
		}
	}
	return true
}

func everyPage(ctx context.Context, w *world, q task.Query) ([]task.Task, error) {
	var out []task.Task
	for {
		items, next, err := w.tasks.List(ctx, w.viewer, q)
		if err != nil {
			return nil, err
		}
		out = append(out, items...)
		if next == nil {
			return out, nil
		}
		q.After = next
	}
}

func keys(tasks []task.Task) []string {
	out := make([]string, len(tasks))
	for i, t := range tasks {
		out[i] = t.Key()
	}
	return out
}

func describe(q task.Query) string {
	return fmt.Sprintf("project %s text %q statuses %v categories %v priorities %v assignee %v label %v parent %v due %v..%v updated %v sort %+v limit %d",
		q.ProjectID, q.Text, q.StatusIDs, q.Categories, q.Priorities, q.Assignee, q.Label, q.Parent, q.DueAfter, q.DueBefore, q.UpdatedAfter, q.Sort, q.Limit)
}

func TestListRefuses(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *store.DB) {
		w := setup(t, db)
		for name, q := range map[string]task.Query{
			"limit":      {WorkspaceID: w.workspace, Limit: 101},
			"sort":       {WorkspaceID: w.workspace, Sort: task.Sort{Field: task.SortPosition}},
			"q":          {WorkspaceID: w.workspace, Text: "ab"},
			"due_before": {WorkspaceID: w.workspace, DueBefore: ptr(task.Date("yesterday"))},
			"category":   {WorkspaceID: w.workspace, Categories: []project.Category{"open"}},
			"priority":   {WorkspaceID: w.workspace, Priorities: []task.Priority{"asap"}},
		} {
			_, _, err := w.tasks.List(t.Context(), w.viewer, q)
			requireCode(t, err, apperr.InvalidParameter, name)
		}
	})
}

// TestForeignFiltersFindNothing asks one workspace for what belongs to another.
func TestForeignFiltersFindNothing(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *store.DB) {
		w, foreign := setup(t, db), setup(t, db)
		secret := foreign.create(t, task.CreateInput{Title: "secret", LabelIDs: foreign.labels, AssigneeIDs: []uuid.UUID{foreign.admin.AccountID}})
		child := foreign.create(t, task.CreateInput{Title: "secret", ParentID: &secret.ID})
		for _, q := range []task.Query{
			{ProjectID: foreign.project},
			{StatusIDs: []uuid.UUID{secret.Status.ID}},
			{Label: &foreign.labels[0]},
			{Assignee: &foreign.admin.AccountID},
			{Parent: child.ParentID},
			{Text: "secret"},
		} {
			q.WorkspaceID = w.workspace
			got, _, err := w.tasks.List(t.Context(), w.owner, q)
			if err != nil || len(got) != 0 {
				t.Errorf("%s: %v, %d tasks", describe(q), err, len(got))
			}
		}
	})
}

func TestDatesOfCreationOrderAsIDs(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	var before uuid.UUID
	for range 5000 {
		id := store.NewID(at)
		if id.Version() != 7 || id.Variant() != uuid.RFC4122 || bytes.Compare(before[:8], id[:8]) >= 0 {
			t.Fatalf("%s after %s", id, before)
		}
		before, at = id, at.Add(time.Microsecond)
	}
}
