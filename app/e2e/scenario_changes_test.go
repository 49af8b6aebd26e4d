package e2e

import (
	"fmt"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/task-tracker/task-tracker/app/internal/store"
)

// follower keeps a copy of a workspace's tasks by its changes, as the contract's "Keeping a copy" says.
type follower struct {
	c         *client
	workspace string
	since     int64
	versions  map[string]int64 // of the tasks, by id
	sequences []int64
}

func newFollower(c *client, workspace string) *follower {
	c.t.Helper()
	f := &follower{c: c, workspace: workspace, versions: map[string]int64{}}
	first := c.get("/v1/workspaces/" + workspace + "/changes").want(200)
	f.since = first.num("last_sequence")
	if n := len(first.items()); n != 0 {
		c.t.Errorf("%d changes without since", n)
	}
	for path := "/v1/workspaces/" + workspace + "/tasks?limit=100"; path != ""; {
		res := c.get(path).want(200)
		for _, task := range res.items() {
			f.keep(task)
		}
		path = ""
		if cursor, ok := res.value("next_cursor").(string); ok {
			path = "/v1/workspaces/" + workspace + "/tasks?limit=100&cursor=" + cursor
		}
	}
	return f
}

func (f *follower) keep(task object) {
	id, _ := task["id"].(string)
	version, _ := task["version"].(float64)
	f.versions[id] = int64(version)
}

// poll takes what is there now.
func (f *follower) poll() {
	f.c.t.Helper()
	for more := true; more; {
		res := f.c.get(fmt.Sprintf("/v1/workspaces/%s/changes?since=%d", f.workspace, f.since)).want(200)
		for _, e := range res.items() {
			sequence, _ := e["sequence"].(float64)
			f.sequences = append(f.sequences, int64(sequence))
			entity, _ := e["entity"].(object)
			id, _ := entity["id"].(string)
			switch task, isTask := e["task"].(object); {
			case isTask:
				f.keep(task)
			case entity["type"] == "task" && e["deleted"] == true:
				delete(f.versions, id)
			}
		}
		f.since = res.num("last_sequence")
		more = res.value("more") == true
	}
}

// TestFollowingMissesNothing has writers create, change and delete tasks in long and short transactions at once, while
// somebody follows the changes. What the follower has in the end is what is there, and each sequence came once, in order.
func TestFollowingMissesNothing(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, engine store.Engine) {
		d := newOffice(t, options{engine: engine})
		d.newTask(object{"title": "there before"})
		second := d.newProject("SEC")
		f := newFollower(d.ada, d.workspace)

		var writers sync.WaitGroup
		for range 4 {
			writers.Go(func() {
				for range 3 {
					var changes []object
					for i := range 100 {
						changes = append(changes, object{"op": "create", "project_id": d.project, "task": object{"title": fmt.Sprint("batched ", i)}})
					}
					res, err := d.ada.try(http.MethodPost, "/v1/workspaces/"+d.workspace+"/tasks:batch", object{"changes": changes})
					if err != nil || res.status != 200 {
						t.Errorf("batch: %v %s", err, res)
					}
				}
			})
		}
		writers.Go(func() {
			for i := range 60 {
				res, err := d.ada.try(http.MethodPost, "/v1/projects/"+second+"/tasks", object{"title": "single"})
				if err != nil || res.status != 201 {
					t.Errorf("create: %v %s", err, res)
					return
				}
				at := res.header.Get("Location")
				if res, err = d.ada.try(http.MethodPatch, at, object{"title": "changed"}); err != nil || res.status != 200 {
					t.Errorf("patch: %v %s", err, res)
				}
				if i%3 == 0 {
					if res, err = d.ada.try(http.MethodDelete, at, nil); err != nil || res.status != 204 {
						t.Errorf("delete: %v %s", err, res)
					}
				}
			}
		})
		var done atomic.Bool
		go func() {
			writers.Wait()
			done.Store(true)
		}()
		polls := 0
		for finished := false; !finished; polls++ {
			finished = done.Load() // before the poll, so that the last one comes after all writes
			f.poll()
		}
		there := newFollower(d.ada, d.workspace).versions
		missed := 0
		for id, version := range there {
			if f.versions[id] != version {
				missed++
			}
		}
		if missed > 0 || len(f.versions) != len(there) {
			t.Errorf("%d tasks of %d are not as they are there; the copy has %d", missed, len(there), len(f.versions))
		}
		if !slices.IsSorted(f.sequences) || len(slices.Compact(slices.Clone(f.sequences))) != len(f.sequences) {
			t.Error("sequences came twice or out of order")
		}
		t.Logf("tasks=%d changes=%d polls=%d missed=%d", len(there), len(f.sequences), polls, missed)
	})
}

// TestChangesTellOfEverything looks at what the feed says of other things than tasks, of removals, and of what goes wrong.
func TestChangesTellOfEverything(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, engine store.Engine) {
		d := newOffice(t, options{engine: engine})
		viewer := d.join("Vera", "viewer")
		at := "/v1/workspaces/" + d.workspace + "/changes"
		begin := d.ada.get(at).want(200).num("last_sequence")
		label := d.ada.post("/v1/projects/"+d.project+"/labels", object{"name": "bug", "color": "#112233"}).want(201)
		task := d.newTask(object{"title": "one", "label_ids": []string{label.str("id")}})
		sub := d.newTask(object{"title": "sub", "parent_id": task.str("id")})
		comment := d.ada.post("/v1/tasks/"+task.str("id")+"/comments", object{"body": "said"}).want(201)
		d.ada.post("/v1/workspaces/"+d.workspace+"/invitations", object{"role": "viewer"}).want(201)
		d.ada.delete(label.location()).want(204)
		d.ada.delete(comment.location()).want(204)
		d.ada.delete(task.location()).want(204)

		type line struct {
			action, id string
			deleted    bool
			version    any
		}
		read := func(c *client, query string) (lines []line, last int64) {
			res := c.get(at + query).want(200)
			for _, e := range res.items() {
				l := line{action: e["action"].(string), id: e["entity"].(object)["id"].(string), deleted: e["deleted"].(bool)}
				if task, ok := e["task"].(object); ok {
					l.version = task["version"]
				}
				lines = append(lines, l)
			}
			return lines, res.num("last_sequence")
		}
		want := []line{
			{"label.created", label.str("id"), false, nil},
			{"task.created", task.str("id"), true, nil}, // it is not there any more
			{"task.created", sub.str("id"), false, nil},
			{"comment.created", comment.str("id"), false, nil},
			{"invitation.created", "", false, nil},
			{"label.deleted", label.str("id"), true, nil},
			{"task.updated", task.str("id"), true, nil}, // the label is off
			{"comment.deleted", comment.str("id"), true, nil},
			{"task.updated", sub.str("id"), false, float64(2)}, // the parent is gone
			{"task.deleted", task.str("id"), true, nil},
		}
		got, last := read(d.ada, fmt.Sprintf("?since=%d", begin))
		want[4].id = got[min(4, len(got)-1)].id
		if !slices.Equal(got, want) {
			t.Errorf("changes:\n got %v\nwant %v", got, want)
		}
		if last != begin+int64(len(want)) {
			t.Errorf("last sequence %d, began at %d", last, begin)
		}
		seen, viewersLast := read(viewer, fmt.Sprintf("?since=%d", begin))
		if len(seen) != len(want)-1 || viewersLast != last {
			t.Errorf("a viewer sees %d changes up to %d: who is invited is not theirs to know", len(seen), viewersLast)
		}
		// Page by page it is the same.
		var paged []line
		for since := begin; ; {
			some, next := read(d.ada, fmt.Sprintf("?since=%d&limit=3", since))
			if len(some) == 0 {
				break
			}
			paged, since = append(paged, some...), next
		}
		for i := range paged {
			paged[i].version = nil
		}
		for i := range want {
			want[i].version = nil
		}
		if !slices.Equal(paged, want) {
			t.Errorf("page by page:\n got %v\nwant %v", paged, want)
		}
		d.ada.get(fmt.Sprintf("%s?since=%d", at, last+1)).problem(410, "gone")
		for _, query := range []string{"?since=-1", "?since=9007199254740992", "?since=x", "?since=1&limit=0", "?sinc=1", "?since=1&since=2"} {
			if res := d.ada.get(at + query); res.status != 400 {
				t.Errorf("%s: %s", query, res)
			}
		}
		d.signUp("Eve").get(at).problem(404, "not_found")

		// The activity knows the same numbers, and both orders.
		for _, of := range []string{"/v1/workspaces/" + d.workspace, "/v1/projects/" + d.project, "/v1/tasks/" + task.str("id")} {
			walk := func(query string) (ids []string) {
				for path := of + "/activity?limit=2" + query; path != ""; {
					res := d.ada.get(path).want(200)
					for _, e := range res.items() {
						ids = append(ids, e["id"].(string))
					}
					path = ""
					if cursor, ok := res.value("next_cursor").(string); ok {
						path = of + "/activity?limit=2" + query + "&cursor=" + cursor
					}
				}
				return ids
			}
			newest, oldest, since := walk(""), walk("&sort=created_at"), walk("&since=0")
			slices.Reverse(newest)
			if len(newest) < 3 || !slices.Equal(newest, oldest) {
				t.Errorf("%s: newest first %v, oldest first %v", of, newest, oldest)
			}
			if !slices.Equal(oldest, since) { // one writer: the order of commits is that of time
				t.Errorf("%s: oldest first %v, since the beginning %v", of, oldest, since)
			}
			if all := walk(fmt.Sprintf("&since=%d", last)); len(all) != 0 {
				t.Errorf("%s: behind the last sequence are %v", of, all)
			}
			d.ada.get(of+"/activity?since=1&sort=created_at").problem(400, "invalid_parameter")
			d.ada.get(of+"/activity?sort=updated_at").problem(400, "invalid_parameter")
		}
	})
}
