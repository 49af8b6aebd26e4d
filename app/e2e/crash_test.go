package e2e

import (
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/task-tracker/task-tracker/app/internal/store"
	"github.com/task-tracker/task-tracker/app/internal/testdb"
)

// desk is a client with a project of its own to write into.
type desk struct {
	*client
	workspace, project string
}

// newDesk signs up and makes a workspace and a project.
func newDesk(s *server) desk {
	s.t.Helper()
	c := s.signUp("Ada")
	w := c.post("/v1/workspaces", object{"name": "Acme"}).want(http.StatusCreated).str("id")
	p := c.post("/v1/workspaces/"+w+"/projects", object{"key": "OPS", "name": "Operations"}).want(http.StatusCreated).str("id")
	return desk{client: c, workspace: w, project: p}
}

// at is the same desk on another server with the same data.
func (d desk) at(s *server) desk {
	d.client = &client{t: s.t, base: s.url, token: d.token, id: d.id, http: d.http}
	return d
}

func (d desk) tasksPath() string { return "/v1/projects/" + d.project + "/tasks" }

// tasks reads all tasks of the project, page by page.
func (d desk) tasks() []object {
	d.t.Helper()
	var out []object
	for path := d.tasksPath() + "?limit=100&sort=created_at"; ; {
		res := d.get(path).want(http.StatusOK)
		out = append(out, res.items()...)
		cursor, _ := res.value("next_cursor").(string)
		if cursor == "" {
			return out
		}
		path = d.tasksPath() + "?limit=100&sort=created_at&cursor=" + cursor
	}
}

// write is one create with a title that no other has.
type write struct {
	title string
	acked string // the task's id once a 201 was seen
}

// writers create tasks until they are told to stop or a request fails. Each knows what it was answered.
type writers struct {
	desk   desk
	keys   bool // send Idempotency-Keys
	stop   atomic.Bool
	acked  atomic.Int64
	wg     sync.WaitGroup
	mu     sync.Mutex
	writes []*write
	odd    []string // answers that are neither 201 nor a 503
}

func (w *writers) start(n int, round string) {
	for i := range n {
		w.wg.Go(func() {
			for k := 0; !w.stop.Load(); k++ {
				one := &write{title: fmt.Sprintf("%s writer %d task %d", round, i, k)}
				w.mu.Lock()
				w.writes = append(w.writes, one)
				w.mu.Unlock()
				if !w.send(w.desk, one) {
					return
				}
			}
		})
	}
}

// send tries once and reports whether it was acknowledged.
func (w *writers) send(d desk, one *write) bool {
	var edits []func(*http.Request)
	if w.keys {
		edits = append(edits, keyOf(one.title))
	}
	res, err := d.try(http.MethodPost, d.tasksPath(), object{"title": one.title}, edits...)
	if err != nil {
		return false
	}
	if res.status != http.StatusCreated {
		if res.status != http.StatusServiceUnavailable {
			w.mu.Lock()
			w.odd = append(w.odd, res.String())
			w.mu.Unlock()
		}
		return false
	}
	id := res.str("id")
	w.mu.Lock()
	defer w.mu.Unlock()
	if one.acked != "" && one.acked != id {
		w.odd = append(w.odd, fmt.Sprintf("%q was acknowledged as %s, then as %s", one.title, one.acked, id))
	}
	one.acked = id
	w.acked.Add(1)
	return true
}

// keyOf is a write's Idempotency-Key: visible characters only.
func keyOf(title string) func(*http.Request) {
	key := []byte(title)
	for i, c := range key {
		if c == ' ' {
			key[i] = '-'
		}
	}
	return set("Idempotency-Key", string(key))
}

// tally compares what was acknowledged with what is there.
func (w *writers) tally(d desk) (acked, lost, duplicated int) {
	d.t.Helper()
	there := map[string][]string{}
	numbers := map[int]bool{}
	for _, task := range d.tasks() {
		title, _ := task["title"].(string)
		id, _ := task["id"].(string)
		there[title] = append(there[title], id)
		number, _ := task["number"].(float64)
		numbers[int(number)] = true
	}
	for n := 1; n <= len(numbers); n++ {
		if !numbers[n] {
			d.t.Errorf("of %d tasks none has the number %d: a crash left a gap", len(numbers), n)
			break
		}
	}
	for _, one := range w.writes {
		ids := there[one.title]
		if len(ids) > 1 {
			duplicated += len(ids) - 1
		}
		if one.acked == "" {
			continue
		}
		acked++
		found := false
		for _, id := range ids {
			found = found || id == one.acked
		}
		if !found {
			lost++
		}
	}
	return acked, lost, duplicated
}

// waitAcked lets the writers work until so many writes are acknowledged.
func (w *writers) waitAcked(n int64) {
	w.desk.t.Helper()
	for end := time.Now().Add(30 * time.Second); w.acked.Load() < n; time.Sleep(2 * time.Millisecond) {
		if time.Now().After(end) {
			w.desk.t.Fatalf("only %d writes in 30 s; %v", w.acked.Load(), w.odd)
		}
	}
}

const (
	crashRounds  = 3
	crashWriters = 12
	crashAcks    = 60 // a round
)

// TestKill kills the service in mid-write, again and again, and starts it on the same data. What was acknowledged is
// there; once the clients have tried again, everything is there exactly once.
func TestKill(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, engine store.Engine) {
		o := options{engine: engine, database: testdb.URL(t, engine)}
		var w *wire
		if engine == store.MySQL {
			o.database, w = through(t, o.database)
		}
		s := start(t, o)
		load := &writers{desk: newDesk(s), keys: true}
		for round := range crashRounds {
			load.stop.Store(false)
			load.start(crashWriters, fmt.Sprintf("round %d", round))
			load.waitAcked(int64((round + 1) * crashAcks))
			if w != nil { // the last replies get lost on the way
				w.muteCommits(crashWriters)
				time.Sleep(20 * time.Millisecond)
			}
			s.kill()
			load.stop.Store(true)
			load.wg.Wait()
			if w != nil {
				w.muteCommits(0)
				w.cut()
			}
			begin := time.Now()
			s = start(t, s.opts)
			t.Logf("engine=%s round=%d ready_again_ms=%d", engine, round, time.Since(begin).Milliseconds())
			load.desk = load.desk.at(s)
			if _, lost, _ := load.tally(load.desk); lost != 0 {
				t.Fatalf("round %d: %d acknowledged writes are lost", round, lost)
			}
			load.retry(t)
		}
		acked, lost, duplicated := load.tally(load.desk)
		t.Logf("engine=%s kills=%d acked=%d lost_acked=%d duplicated=%d", engine, crashRounds, acked, lost, duplicated)
		if lost != 0 || duplicated != 0 || acked != len(load.writes) {
			t.Errorf("acked=%d of %d lost_acked=%d duplicated=%d", acked, len(load.writes), lost, duplicated)
		}
		for _, text := range load.odd {
			t.Errorf("unexpected: %s", text)
		}
	})
}

// retry sends again what was not acknowledged, and some of what was, as a client does that cannot tell.
func (w *writers) retry(t *testing.T) {
	t.Helper()
	for i, one := range w.writes {
		if one.acked != "" && i%10 != 0 {
			continue
		}
		end := time.Now().Add(15 * time.Second) // the database may still hold what the dead process had open
		for !w.send(w.desk, one) {
			if time.Now().After(end) {
				t.Fatalf("%q is not taken: %v", one.title, w.odd)
			}
			time.Sleep(100 * time.Millisecond)
		}
	}
}

// TestKillWithoutKeys is the control of TestKill: the same, but the clients try again without keys. If that gave no
// duplicates, TestKill would prove nothing.
func TestKillWithoutKeys(t *testing.T) {
	t.Parallel()
	o := options{engine: store.MySQL}
	direct := testdb.URL(t, store.MySQL)
	var w *wire
	o.database, w = through(t, direct)
	s := start(t, o)
	load := &writers{desk: newDesk(s)}
	load.start(crashWriters, "control")
	load.waitAcked(20)
	w.muteCommits(crashWriters)
	<-w.muted
	time.Sleep(20 * time.Millisecond)
	s.kill()
	load.stop.Store(true)
	load.wg.Wait()
	w.muteCommits(0)
	w.cut()
	s = start(t, s.opts)
	load.desk = load.desk.at(s)
	for _, one := range load.writes {
		for end := time.Now().Add(15 * time.Second); one.acked == "" && time.Now().Before(end); {
			load.send(load.desk, one)
		}
	}
	acked, lost, duplicated := load.tally(load.desk)
	t.Logf("control without keys: acked=%d lost_acked=%d duplicated=%d", acked, lost, duplicated)
	if lost != 0 {
		t.Errorf("lost_acked=%d", lost)
	}
	if duplicated == 0 {
		t.Error("retries without keys gave no duplicates: the test with keys proves nothing")
	}
}

// TestLostReply loses the reply to one COMMIT. The client hears that nobody knows; the row is there; the retry with the
// same key finds it, and one without the key makes a second task.
func TestLostReply(t *testing.T) {
	t.Parallel()
	database, w := through(t, testdb.URL(t, store.MySQL))
	d := newDesk(start(t, options{engine: store.MySQL, database: database}))
	ask := func(edits ...func(*http.Request)) *response {
		return d.post(d.tasksPath(), object{"title": "Once"}, edits...)
	}

	w.muteCommits(1)
	cut := make(chan struct{})
	go func() {
		defer close(cut)
		<-w.muted
		time.Sleep(20 * time.Millisecond)
		w.cut()
	}()
	begin := time.Now()
	lost := ask(set("Idempotency-Key", "lost-reply"))
	<-cut // the reply may come when only the first of the connections is gone
	lost.problem(http.StatusServiceUnavailable, "outcome_unknown")
	if took := time.Since(begin); took > 3*time.Second {
		t.Errorf("the cut was told after %s", took)
	}
	there := d.tasks()
	if len(there) != 1 {
		t.Fatalf("%d tasks after the lost reply, want 1", len(there))
	}
	again := ask(set("Idempotency-Key", "lost-reply")).want(http.StatusCreated)
	if again.str("id") != there[0]["id"] || again.header.Get("Idempotency-Replayed") != "true" {
		t.Errorf("the retry gave %s, replayed %q; want %v", again.str("id"), again.header.Get("Idempotency-Replayed"), there[0]["id"])
	}
	if n := len(d.tasks()); n != 1 {
		t.Errorf("%d tasks after the retry, want 1", n)
	}
	ask().want(http.StatusCreated)
	if n := len(d.tasks()); n != 2 {
		t.Errorf("%d tasks after a retry without the key, want 2", n)
	}
}
