package seed_test

import (
	"bytes"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/task-tracker/task-tracker/app/internal/apperr"
	"github.com/task-tracker/task-tracker/app/internal/auth"
	"github.com/task-tracker/task-tracker/app/internal/seed"
	"github.com/task-tracker/task-tracker/app/internal/store"
	"github.com/task-tracker/task-tracker/app/internal/testdb"
	"github.com/task-tracker/task-tracker/app/internal/transfer"
)

func options() seed.Options {
	return seed.Options{Projects: 3, Tasks: 6000, Comments: 2000, Seed: 42, Workspace: "Acme", OwnerEmail: "olga@example.com"}
}

// made seeds a new database of that engine and returns its export.
func made(t *testing.T, engine store.Engine, o seed.Options) []byte {
	t.Helper()
	s := store.NewTransfers(testdb.Open(t, engine, store.Options{}))
	if err := s.Tune(t.Context()); err != nil {
		t.Fatal(err)
	}
	last := 0
	sum, err := seed.Run(t.Context(), s, o, func(tasks int) { last = tasks })
	if err != nil {
		t.Fatal(err)
	}
	if last != o.Tasks {
		t.Errorf("progress ended at %d", last)
	}
	if _, err := seed.Run(t.Context(), s, o, nil); !apperr.Is(err, apperr.AlreadyExists) {
		t.Errorf("the same seed again: %v", err)
	}
	var out bytes.Buffer
	if _, err := transfer.NewService(s, nil).Dump(t.Context(), sum.WorkspaceID, &out); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestSeedIsDeterministicAndImportable(t *testing.T) {
	t.Parallel()
	o := options()
	lite := made(t, store.SQLite, o)
	o.Writers = 3
	if !bytes.Equal(lite, made(t, store.MySQL, o)) {
		t.Error("the engines, or one writer and three, made different workspaces")
	}
	o.Seed++
	if bytes.Equal(lite, made(t, store.SQLite, o)) {
		t.Error("another seed made the same workspace")
	}
	target := store.NewTransfers(testdb.Open(t, store.SQLite, store.Options{}))
	operator := auth.Principal{InstanceOwner: true, Scopes: auth.Scopes()}
	if _, err := transfer.NewService(target, nil).Import(t.Context(), operator, bytes.NewReader(lite), true); err != nil {
		t.Errorf("what was seeded breaks a rule: %v", err)
	}
	shape(t, lite)
}

// shape looks at the shares that the package promises.
func shape(t *testing.T, file []byte) {
	t.Helper()
	r := transfer.NewReader(bytes.NewReader(file))
	count := map[string]float64{}
	category := map[uuid.UUID]string{}
	var before *transfer.Task
	for {
		rec, err := r.Next()
		if err != nil {
			break
		}
		count[rec.Kind()]++
		switch v := rec.(type) {
		case *transfer.Status:
			category[v.ID] = string(v.Category)
		case *transfer.Task:
			if before != nil && (!v.CreatedAt.After(before.CreatedAt) || bytes.Compare(v.ID[:], before.ID[:]) <= 0) {
				t.Fatalf("task %d: ids do not rise with created_at", v.Number)
			}
			before = v
			count[category[v.StatusID]]++
			count["priority "+v.Priority]++
			count["assigned"] += min(1, float64(len(v.AssigneeIDs)))
			if v.ParentID != nil {
				count["subtask"]++
			}
			if v.DueDate != nil {
				count["due"]++
			}
			if n := len(strings.Fields(v.Description)); n < 40 || n > 100 {
				t.Fatalf("a description of %d words", n)
			}
		}
	}
	for name, want := range map[string]float64{
		"backlog": .20, "todo": .25, "in_progress": .15, "done": .30, "cancelled": .10, "subtask": .10, "due": .60, "assigned": .80,
		"priority none": .30, "priority low": .20, "priority medium": .25, "priority high": .15, "priority urgent": .10,
	} {
		if got := count[name] / count["task"]; math.Abs(got-want) > .03 {
			t.Errorf("%s: %.3f of the tasks, want %.2f", name, got, want)
		}
	}
	if count["task"] != 6000 || count["comment"] != 2000 || count["activity"] != 6000 || count["member"] != 30 {
		t.Errorf("counts: %v", count)
	}
}

func TestSeedOptions(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*seed.Options){
		"projects": func(o *seed.Options) { o.Projects = 0 }, "tasks": func(o *seed.Options) { o.Tasks = -1 },
		"comments": func(o *seed.Options) { o.Tasks = 0 }, "workspace": func(o *seed.Options) { o.Workspace = "" }, "owner": func(o *seed.Options) { o.OwnerEmail = "x" },
	} {
		o := options()
		change(&o)
		if err := o.Validate(); !apperr.Is(err, apperr.ValidationFailed) || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
	o := options()
	o.Tasks, o.Comments, o.Now = 1, 0, time.Now()
	made(t, store.SQLite, o)
	o.Tasks = 0
	o.Seed++
	made(t, store.SQLite, o)
}
