package e2e

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/task-tracker/task-tracker/app/internal/store"
	"github.com/task-tracker/task-tracker/app/internal/testdb"
)

var lagging = set("Prefer", "consistency=eventual")

// TestReplicaDown reads with a replica that refuses connections, and with one that swallows everything: the primary
// answers instead, and requests that do not ask for a lagging read never wait for it.
func TestReplicaDown(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]func(*wire){"refuses": (*wire).down, "swallows": func(w *wire) { w.swallow(true) }} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			replica, w := through(t, testdb.URL(t, store.MySQL))
			fault(w)
			s := start(t, options{engine: store.MySQL, env: []string{"TASKTRACKER_DATABASE_REPLICA_URL=" + replica + "?read_timeout=1s"}})
			d := newDesk(s)
			d.post(d.tasksPath(), object{"title": "Read from the primary"}).want(http.StatusCreated)
			for _, path := range d.lists() {
				begin := time.Now()
				res := d.get(path, lagging).want(http.StatusOK)
				if !strings.Contains(string(res.body), "Read from the primary") {
					t.Errorf("%s: %s", path, res)
				}
				if took := time.Since(begin); took > 10*time.Second {
					t.Errorf("%s took %s", path, took)
				}
				begin = time.Now()
				d.get(path).want(http.StatusOK)
				if took := time.Since(begin); took > 2*time.Second {
					t.Errorf("%s from the primary took %s", path, took)
				}
			}
			s.anonymous().get("/ready").want(http.StatusOK)
		})
	}
}

// lists are the reads that a replica may answer.
func (d desk) lists() []string {
	return []string{
		d.tasksPath() + "?limit=100", "/v1/workspaces/" + d.workspace + "/tasks?q=primary", "/v1/workspaces/" + d.workspace + "/tasks?limit=100",
		"/v1/workspaces/" + d.workspace + "/export",
	}
}

// TestReplicaLags reads from a database that is behind: a copy that was made earlier. Whoever asks for it gets the older
// state and is told so; everybody else reads what was written, by themselves and by others.
func TestReplicaLags(t *testing.T) {
	t.Parallel()
	primary, replica := offline(t, store.MySQL), offline(t, store.MySQL)
	s := start(t, primary)
	d := newDesk(s)
	d.post(d.tasksPath(), object{"title": "Old enough for the primary and the replica"}).want(http.StatusCreated)
	tool(t, replica, strings.NewReader(export(t, primary, d.workspace)), "import").want(0)
	s.stop()

	primary.env = []string{"TASKTRACKER_DATABASE_REPLICA_URL=" + replica.database}
	s = start(t, primary)
	d = d.at(s)
	for i := range 5 {
		fresh := fmt.Sprintf("Fresh on the primary %d", i)
		id := d.post(d.tasksPath(), object{"title": fresh}).want(http.StatusCreated).str("id")
		d.get("/v1/tasks/"+id, lagging).want(http.StatusOK) // single objects are never read from the replica
		for _, path := range d.lists() {
			now, then := d.get(path).want(http.StatusOK), d.get(path, lagging).want(http.StatusOK)
			if !strings.Contains(string(now.body), fresh) || now.header.Get("Preference-Applied") != "" {
				t.Errorf("an ordinary read does not see what was just written: %s", now)
			}
			if strings.Contains(string(then.body), "Fresh") || !strings.Contains(string(then.body), "Old enough") {
				t.Errorf("the lagging read is not the replica's: %s", then)
			}
			if got := then.header.Get("Preference-Applied"); got != "consistency=eventual" {
				t.Errorf("%s: Preference-Applied %q", path, got)
			}
		}
	}
	// What only the replica has is reached by nobody else either: another account sees nothing of it.
	eve := s.signUp("Eve")
	for _, path := range d.lists() {
		eve.get(path, lagging).problem(http.StatusNotFound, "not_found")
	}
}
