package seed

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/task-tracker/task-tracker/app/internal/account"
	"github.com/task-tracker/task-tracker/app/internal/apperr"
	"github.com/task-tracker/task-tracker/app/internal/auth"
	"github.com/task-tracker/task-tracker/app/internal/project"
	"github.com/task-tracker/task-tracker/app/internal/task"
	"github.com/task-tracker/task-tracker/app/internal/transfer"
)

// Reference is the moment at which a seeded workspace stands still unless the options name another.
var Reference = time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC) //nolint:gochecknoglobals // a constant, were times constants

// Options say what to make.
type Options struct {
	Projects  int // 1 to 1000
	Tasks     int // in all
	Comments  int // in all
	Seed      uint64
	Workspace string
	// OwnerEmail is the workspace's owner, who need not exist.
	OwnerEmail string
	// Writers is how many transactions write at a time, 1 where zero. What is written does not depend on it.
	Writers int
	// Now is when everything ends that happened; [Reference] where zero.
	Now time.Time
}

// Validate names every fault: validation_failed.
func (o Options) Validate() error {
	var f apperr.Fields
	within := func(name string, n, from, to int) {
		if n < from || n > to {
			f.Add(name, "out_of_range", "is %d, must be %d to %d", n, from, to)
		}
	}
	within("projects", o.Projects, 1, 1000)
	within("tasks", o.Tasks, 0, 100_000_000)
	within("comments", o.Comments, 0, 100_000_000)
	if o.Comments > 0 && o.Tasks == 0 {
		f.Add("comments", "out_of_range", "there are no tasks to comment on")
	}
	apperr.Line(&f, "workspace", o.Workspace, 1, project.MaxName)
	if !account.ValidEmail(o.OwnerEmail) {
		f.Add("owner", "invalid_email", "must be an e-mail address")
	}
	return f.Err()
}

const (
	history    = 2 * 365 * 24 * time.Hour // how long ago the workspace was made
	headPeople = 30
	perProject = 12 // labels
	block      = 8  // tasks that share out their comments among themselves
)

// generator makes the records of one workspace in the order in which they must be written.
type generator struct {
	o         Options
	r         *rand.Rand
	w         *writer
	start     time.Time
	step      time.Duration // between two tasks
	workspace uuid.UUID
	people    []uuid.UUID // the owner first
	projects  []seedProject
	share     [block]int // comments of the block's tasks
	next      int        // number of the next task, from 0
}

type seedProject struct {
	id       uuid.UUID
	statuses [5]uuid.UUID // by category
	labels   []uuid.UUID
	last     int64
	parents  []parent // that may have further subtasks
}

type parent struct {
	id       uuid.UUID
	children int
}

func newGenerator(o Options) *generator {
	r := rand.New(rand.NewPCG(o.Seed, 0x7461736b74726163)) //nolint:gosec // a predictable source is what is asked for
	g := &generator{o: o, r: r, w: newWriter(r)}
	if g.o.Now.IsZero() {
		g.o.Now = Reference
	}
	g.o.Now = g.o.Now.UTC().Truncate(time.Second)
	g.start = g.o.Now.Add(-history)
	g.step = history / time.Duration(max(o.Tasks, 1)+1)
	return g
}

// id is a UUIDv7 of that time, with what makes it unique out of the seed. It sorts as [store.NewID]'s do.
func (g *generator) id(at time.Time) uuid.UUID {
	var id uuid.UUID
	us := uint64(at.UnixMicro())
	binary.BigEndian.PutUint64(id[:8], us/1000<<16|0x7000|us%1000*4096/1000)
	binary.BigEndian.PutUint64(id[8:], g.r.Uint64())
	id[8] = id[8]&0x3f | 0x80
	return id
}

// accounts are the owner and the others; who of them exists under which id is found when they are written.
func (g *generator) accounts() []transfer.Account {
	at := g.start
	people := []transfer.Account{{
		ID: g.id(at), AccountKind: account.KindPerson, Email: transfer.Address(g.o.OwnerEmail), Name: ownerName(g.o.OwnerEmail), CreatedAt: at, UpdatedAt: at, Version: 1,
	}}
	for i := range headPeople - 1 {
		first, last := firstNames[i%len(firstNames)], lastNames[i%len(lastNames)]
		people = append(people, transfer.Account{
			ID: g.id(at), AccountKind: account.KindPerson, Name: first + " " + last, Email: transfer.Address(strings.ToLower(fmt.Sprintf("%s.%s@example.com", first, last))),
			CreatedAt: at, UpdatedAt: at, Version: 1,
		})
	}
	return people
}

func ownerName(email string) string {
	name, _, _ := strings.Cut(email, "@")
	return strings.ToUpper(name[:1]) + name[1:]
}

// head is the workspace, its members and projects; people are the ids of [generator.accounts].
func (g *generator) head(people []uuid.UUID) []transfer.Record {
	at := g.start
	g.people, g.workspace = people, g.id(at)
	out := []transfer.Record{&transfer.Workspace{ID: g.workspace, Name: g.o.Workspace, CreatedAt: at, UpdatedAt: at, Version: 1}}
	for i, id := range people {
		role := auth.RoleMember
		switch {
		case i == 0:
			role = auth.RoleOwner
		case i <= 2:
			role = auth.RoleAdmin
		case i >= headPeople-3:
			role = auth.RoleViewer
		}
		out = append(out, &transfer.Member{WorkspaceID: g.workspace, AccountID: id, Role: string(role), JoinedAt: at})
	}
	var statuses, labels []transfer.Record
	for i := range g.o.Projects {
		p := seedProject{id: g.id(at)}
		out = append(out, &transfer.Project{
			ID: p.id, WorkspaceID: g.workspace, Key: projectKey(i), Name: g.w.pick(things) + " " + fmt.Sprint(i+1), Description: g.w.text(20),
			LastNumber: int64(g.o.Tasks/g.o.Projects + btoi(i < g.o.Tasks%g.o.Projects)), CreatedAt: at, UpdatedAt: at, Version: 1,
		})
		for c, s := range project.DefaultStatuses() {
			p.statuses[c] = g.id(at)
			statuses = append(statuses, &transfer.Status{
				ID: p.statuses[c], ProjectID: p.id, Name: s.Name, Category: s.Category, Position: s.Position, CreatedAt: at, UpdatedAt: at, Version: 1,
			})
		}
		for l := range perProject {
			id := g.id(at)
			p.labels = append(p.labels, id)
			labels = append(labels, &transfer.Label{ID: id, ProjectID: p.id, Name: labelNames[l], Color: colors[l], CreatedAt: at, UpdatedAt: at, Version: 1})
		}
		g.projects = append(g.projects, p)
	}
	return append(append(out, statuses...), labels...)
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// projectKey is OPS, WEB, … and then P011, P012, ….
func projectKey(i int) string {
	names := []string{"OPS", "WEB", "APP", "API", "DATA", "DOCS", "INFRA", "SALES", "HR", "FIN"}
	if i < len(names) {
		return names[i]
	}
	return fmt.Sprintf("P%03d", i+1)
}

// shares tells by how much of 100 each choice is taken.
func (g *generator) choose(shares ...int) int {
	n := g.r.IntN(100)
	for i, s := range shares {
		if n -= s; n < 0 {
			return i
		}
	}
	return len(shares) - 1
}

func (g *generator) person() uuid.UUID { return g.people[g.r.IntN(len(g.people))] }

// tasks appends the records of up to n further tasks; none are left when it appends nothing. Their parents are among
// themselves.
func (g *generator) tasks(out []transfer.Record, n int) []transfer.Record {
	for i := range g.projects {
		g.projects[i].parents = g.projects[i].parents[:0]
	}
	for ; n > 0 && g.next < g.o.Tasks; n-- {
		if g.next%block == 0 {
			g.shareComments()
		}
		t := g.task()
		out = append(out, t)
		for range g.share[g.next%block] {
			out = append(out, g.comment(t))
		}
		out = append(out, g.created(t))
		g.next++
	}
	return out
}

// shareComments shares the comments of the next tasks out among them, unevenly.
func (g *generator) shareComments() {
	g.share = [block]int{}
	upTo := func(n int) int { return min(n, g.o.Tasks) * g.o.Comments / g.o.Tasks }
	tasks := min(block, g.o.Tasks-g.next)
	for range upTo(g.next+block) - upTo(g.next) {
		g.share[min(g.r.IntN(tasks), g.r.IntN(tasks))]++
	}
}

func (g *generator) task() *transfer.Task {
	at := g.start.Add(time.Duration(g.next+1)*g.step - time.Duration(g.r.Int64N(int64(g.step/2)))).Truncate(time.Microsecond)
	p := &g.projects[g.next%len(g.projects)]
	p.last++
	c := g.choose(20, 25, 15, 30, 10)
	t := &transfer.Task{
		ID: g.id(at), WorkspaceID: g.workspace, ProjectID: p.id, Number: p.last, Title: g.w.title(), Description: g.w.text(40 + g.r.IntN(41)),
		StatusID: p.statuses[c], Category: project.Categories()[c], Priority: string(task.Priorities()[g.choose(30, 20, 25, 15, 10)]),
		Position: p.last * task.PositionGap, AuthorID: g.person(), CreatedAt: at, UpdatedAt: at, Version: 1,
	}
	if g.r.IntN(2) == 0 { // half of them were changed later
		t.UpdatedAt, t.Version = g.later(at), 2
	}
	if t.Category == project.CategoryDone {
		done := g.later(at)
		t.CompletedAt, t.UpdatedAt, t.Version = &done, done, 2
	}
	for range g.choose(20, 70, 10) {
		if id := g.person(); len(t.AssigneeIDs) == 0 || t.AssigneeIDs[0] != id {
			t.AssigneeIDs = append(t.AssigneeIDs, id)
		}
	}
	for i, l := range g.r.Perm(len(p.labels)) {
		if i >= g.choose(35, 35, 20, 10) {
			break
		}
		t.LabelIDs = append(t.LabelIDs, p.labels[l])
	}
	if g.r.IntN(100) < 60 {
		due := at.AddDate(0, 0, 3+g.r.IntN(90)).Format(time.DateOnly)
		t.DueDate = &due
	}
	if g.r.IntN(100) < 40 {
		points := []int64{1, 2, 3, 5, 8, 13}[g.r.IntN(6)]
		t.Estimate = &points
	}
	g.place(p, t)
	return t
}

// place makes a tenth of the tasks subtasks, and most others such that may have some.
func (g *generator) place(p *seedProject, t *transfer.Task) {
	const open = 32 // tasks that may have further subtasks, and each has a dozen at most
	if len(p.parents) > 0 && g.r.IntN(10) == 0 {
		i := g.r.IntN(len(p.parents))
		id := p.parents[i].id
		t.ParentID, t.ParentBefore = &id, true
		if p.parents[i].children++; p.parents[i].children >= 12 {
			p.parents = append(p.parents[:i], p.parents[i+1:]...)
		}
		return
	}
	if p.parents = append(p.parents, parent{id: t.ID}); len(p.parents) > open {
		p.parents = p.parents[1:]
	}
}

// later is some time after that, mostly soon, never after the end.
func (g *generator) later(at time.Time) time.Time {
	later := at.Add(time.Duration(g.r.ExpFloat64() * float64(10*24*time.Hour))).Truncate(time.Microsecond)
	if later.After(g.o.Now) {
		return g.o.Now
	}
	return later
}

func (g *generator) comment(t *transfer.Task) *transfer.Comment {
	at := g.later(t.CreatedAt)
	return &transfer.Comment{
		ID: g.id(at), WorkspaceID: g.workspace, TaskID: t.ID, AuthorID: g.person(), Body: g.w.text(8 + g.r.IntN(40)),
		CreatedAt: at, UpdatedAt: at, Version: 1,
	}
}

// created is the entry that tells of the task's creation.
func (g *generator) created(t *transfer.Task) *transfer.Activity {
	title, err := json.Marshal(t.Title)
	if err != nil {
		panic(err) // a string always encodes
	}
	return &transfer.Activity{
		ID: g.id(t.CreatedAt), WorkspaceID: g.workspace, ProjectID: &t.ProjectID, TaskID: &t.ID, ActorID: t.AuthorID,
		Action: "task.created", EntityType: "task", EntityID: t.ID,
		Changes: append(append([]byte(`[{"field":"title","from":null,"to":`), title...), "}]"...), CreatedAt: t.CreatedAt,
	}
}
