package task

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/oapi-codegen/nullable"
	"pgregory.net/rapid"

	"github.com/task-tracker/task-tracker/app/internal/apperr"
	"github.com/task-tracker/task-tracker/app/internal/auth"
	"github.com/task-tracker/task-tracker/app/internal/project"
)

var days = rapid.Map(rapid.IntRange(0, 3000), func(n int) Date {
	return Date(time.Date(2020, 1, 1+n, 0, 0, 0, 0, time.UTC).Format(time.DateOnly))
})

func anyTask(t *rapid.T) Task {
	due := days.Draw(t, "due")
	return Task{
		ID: uuid.New(), Title: "title", Priority: rapid.SampledFrom(Priorities()).Draw(t, "priority"), DueDate: &due,
		Status: StatusRef{ID: uuid.New(), Name: "Todo", Category: project.CategoryTodo}, Assignees: []Person{{uuid.New(), "Ada"}}, Labels: []LabelRef{},
	}
}

// anyPatch sets each field or not, and clears some of those that can be cleared.
func anyPatch(t *rapid.T) Patch {
	var p Patch
	if rapid.Bool().Draw(t, "set title") {
		title := rapid.StringMatching(`[a-zA-Z0-9é]{1,40}`).Draw(t, "title")
		p.Title = &title
	}
	if rapid.Bool().Draw(t, "set position") {
		n := rapid.Int64Range(-MaxPosition, MaxPosition).Draw(t, "position")
		p.Position = &n
	}
	p.DueDate = maybe(t, "due", days)
	p.Estimate = maybe(t, "estimate", rapid.Int64Range(0, MaxEstimate))
	return p
}

func maybe[T any](t *rapid.T, name string, of *rapid.Generator[T]) nullable.Nullable[T] {
	switch rapid.IntRange(0, 2).Draw(t, name+" kind") {
	case 0:
		return nil
	case 1:
		return nullable.NewNullNullable[T]()
	}
	return nullable.NewNullableWithValue(of.Draw(t, name))
}

func TestMergePatchChangesWhatItNamesAndNothingElse(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		cur, patch := anyTask(t), anyPatch(t)
		got, err := patch.merge(cur)
		if err != nil {
			t.Fatal(err)
		}
		want := cur
		if patch.Title != nil {
			want.Title = *patch.Title
		}
		if patch.Position != nil {
			want.Position = *patch.Position
		}
		if patch.DueDate.IsSpecified() {
			want.DueDate = nil
			if v, err := patch.DueDate.Get(); err == nil {
				want.DueDate = &v
			}
		}
		if patch.Estimate.IsSpecified() {
			want.Estimate = nil
			if v, err := patch.Estimate.Get(); err == nil {
				want.Estimate = &v
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatal(diff)
		}
		again, err := patch.merge(got)
		if diff := cmp.Diff(got, again); err != nil || diff != "" {
			t.Fatalf("a second time is not the same: %v\n%s", err, diff)
		}
	})
}

func TestAnEmptyPatchChangesNothing(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		cur := anyTask(t)
		got, err := Patch{}.merge(cur)
		if diff := cmp.Diff(cur, got); err != nil || diff != "" {
			t.Fatalf("%v\n%s", err, diff)
		}
	})
}

func TestSettle(t *testing.T) {
	t.Parallel()
	before, now := time.Unix(1, 0), time.Unix(2, 0)
	for _, tc := range []struct {
		name     string
		from, to project.Category
		had      *time.Time
		want     *time.Time
	}{
		{"comes to be done", project.CategoryTodo, project.CategoryDone, nil, &now},
		{"made as done", "", project.CategoryDone, nil, &now},
		{"stays done", project.CategoryDone, project.CategoryDone, &before, &before},
		{"is taken up again", project.CategoryDone, project.CategoryTodo, &before, nil},
		{"is cancelled", project.CategoryTodo, project.CategoryCancelled, nil, nil},
	} {
		task := Task{Status: StatusRef{Category: tc.to}, CompletedAt: tc.had}
		task.Settle(tc.from, now)
		if diff := cmp.Diff(tc.want, task.CompletedAt); diff != "" {
			t.Errorf("%s: %s", tc.name, diff)
		}
	}
}

func TestDates(t *testing.T) {
	t.Parallel()
	for d, want := range map[Date]bool{
		"2026-02-28": true, "2024-02-29": true, "2026-02-29": false, "2026-2-1": false, "": false, "9999-12-31": false, "9999-12-30": true,
		"0000-01-01": false, "20260101": false, "2026-01-01T00:00:00Z": false,
	} {
		if d.Valid() != want {
			t.Errorf("%q: valid %t", d, !want)
		}
	}
}

func TestParseSort(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]Sort{"": {SortCreated, true}, "due_date": {SortDue, false}, "-priority": {SortPriority, true}} {
		if got, err := ParseSort(in); err != nil || got != want {
			t.Errorf("%q: %+v, %v", in, got, err)
		}
	}
	for _, in := range []string{"title", "--priority", "priority ", "created_at;drop", "-"} {
		if _, err := ParseSort(in); !apperr.Is(err, apperr.InvalidParameter) {
			t.Errorf("%q: %v", in, err)
		}
	}
}

func TestNumbersAndNamesMatch(t *testing.T) {
	t.Parallel()
	for _, p := range Priorities() {
		if back, err := PriorityOf(p.Number()); err != nil || back != p {
			t.Errorf("%s: %s, %v", p, back, err)
		}
	}
	for _, c := range project.Categories() {
		if back, err := project.CategoryOf(c.Number()); err != nil || back != c {
			t.Errorf("%s: %s, %v", c, back, err)
		}
	}
	if _, err := PriorityOf(5); err == nil {
		t.Error("priority 5 has a name")
	}
}

func TestWeeksStartOnMonday(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		at := time.Unix(rapid.Int64Range(0, 4e9).Draw(t, "seconds"), 0)
		m := monday(at)
		if m.Weekday() != time.Monday || m.After(at) || at.Sub(m) >= 7*24*time.Hour || m.UTC().Hour() != 0 {
			t.Fatalf("%s: %s", at, m)
		}
	})
}

func TestManyFaultsAreNamedAtOnce(t *testing.T) {
	t.Parallel()
	_, err := newTask(CreateInput{
		Title: "", Priority: "asap", DueDate: new(Date("tomorrow")), Estimate: new(int64(-1)), StatusID: &uuid.UUID{}, LabelIDs: make([]uuid.UUID, 1),
	}, Place{Role: auth.RoleMember, Statuses: []StatusRef{{ID: uuid.New(), Category: project.CategoryBacklog}}})
	e := apperr.From(err)
	var pointers []string
	for _, f := range e.Fields {
		pointers = append(pointers, f.Pointer)
	}
	if diff := cmp.Diff([]string{"/due_date", "/estimate", "/priority", "/status_id", "/title"}, pointers); diff != "" {
		t.Error(diff)
	}
}

func TestEndPosition(t *testing.T) {
	t.Parallel()
	for number, want := range map[int64]int64{
		1: 1 << 20, 42: 42 << 20, 1<<33 - 1: (1<<33 - 1) << 20, 1 << 33: MaxPosition, 1<<52 + 1: MaxPosition, 1<<63 - 1: MaxPosition,
	} {
		if got := EndPosition(number); got != want {
			t.Errorf("%d: %d, want %d", number, got, want)
		}
	}
}
