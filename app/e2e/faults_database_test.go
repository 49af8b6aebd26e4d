package e2e

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/task-tracker/task-tracker/app/internal/store"
	"github.com/task-tracker/task-tracker/app/internal/testdb"
)

// TestDatabaseDownAtStart starts a server whose database refuses connections: it lives, says what it waits for, and goes
// to work by itself once the database is there.
func TestDatabaseDownAtStart(t *testing.T) {
	t.Parallel()
	database, w := through(t, testdb.URL(t, store.MySQL))
	w.down()
	begin := time.Now()
	s := start(t, options{engine: store.MySQL, database: database, noWait: true})
	t.Logf("listens after %s", time.Since(begin).Round(time.Millisecond))
	c := s.anonymous()
	for range 3 {
		c.get("/health").want(http.StatusOK)
		ready := c.get("/ready").problem(http.StatusServiceUnavailable, "unavailable")
		if detail := ready.str("detail"); !strings.Contains(detail, "database") {
			t.Errorf("/ready does not name the database: %q", detail)
		}
		api := c.post("/v1/signup", object{"email": email("eve"), "password": password, "name": "Eve"}).
			problem(http.StatusServiceUnavailable, "unavailable")
		if detail := api.str("detail"); !strings.Contains(detail, "database") {
			t.Errorf("the API does not say what it waits for: %q", detail)
		}
		c.get("/openapi.json").want(http.StatusOK)
		time.Sleep(400 * time.Millisecond)
	}
	tool(t, s.opts, nil, "healthcheck").want(0)
	w.up()
	begin = time.Now()
	s.waitReady(startTimeout)
	t.Logf("ready %s after the database", time.Since(begin).Round(time.Millisecond))
	d := newDesk(s)
	d.post(d.tasksPath(), object{"title": "At last"}).want(http.StatusCreated)
}

// TestStopWhileWaiting ends a server that still waits for its database, at once and well.
func TestStopWhileWaiting(t *testing.T) {
	t.Parallel()
	database, w := through(t, testdb.URL(t, store.MySQL))
	w.down()
	s := start(t, options{engine: store.MySQL, database: database, noWait: true})
	time.Sleep(300 * time.Millisecond)
	begin := time.Now()
	s.stop()
	if took := time.Since(begin); took > 5*time.Second {
		t.Errorf("it took %s", took)
	}
}

// traffic sends reads and writes all the time and notes how each went.
type traffic struct {
	stop     atomic.Bool
	wg       sync.WaitGroup
	mu       sync.Mutex
	statuses map[string]int
	slowest  time.Duration
	lastGood time.Time
	longest  time.Duration // between two good answers
	odd      []string
}

func newTraffic(d desk, clients int) *traffic {
	tr := &traffic{statuses: map[string]int{}, lastGood: time.Now()}
	for i := range clients {
		tr.wg.Go(func() {
			for k := 0; !tr.stop.Load(); k++ {
				begin := time.Now()
				var res *response
				var err error
				if (i+k)%2 == 0 {
					res, err = d.try(http.MethodGet, d.tasksPath()+"?limit=5", nil)
				} else {
					res, err = d.try(http.MethodPost, d.tasksPath(), object{"title": fmt.Sprint("traffic ", i, " ", k)})
				}
				tr.note(res, err, time.Since(begin))
				time.Sleep(5 * time.Millisecond)
			}
		})
	}
	return tr
}

func (tr *traffic) note(res *response, err error, took time.Duration) {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	tr.slowest = max(tr.slowest, took)
	if err != nil {
		tr.statuses["no answer"]++
		tr.odd = append(tr.odd, err.Error())
		return
	}
	tr.statuses[fmt.Sprint(res.status)]++
	switch res.status {
	case http.StatusOK, http.StatusCreated:
		tr.longest = max(tr.longest, time.Since(tr.lastGood))
		tr.lastGood = time.Now()
	case http.StatusServiceUnavailable:
		for _, fault := range res.faults() {
			tr.odd = append(tr.odd, res.String()+": "+fault)
		}
	default:
		tr.odd = append(tr.odd, res.String())
	}
}

// waitGood waits until a request succeeds that was sent from now on.
func (tr *traffic) waitGood(t *testing.T, within time.Duration) time.Duration {
	t.Helper()
	begin := time.Now()
	for time.Since(begin) < within {
		tr.mu.Lock()
		good := tr.lastGood.After(begin.Add(50 * time.Millisecond))
		tr.mu.Unlock()
		if good {
			return time.Since(begin)
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("no request succeeds within %s: %v", within, tr.statuses)
	return 0
}

// end stops the traffic and checks that every request was answered in time, with success or a whole 503.
func (tr *traffic) end(t *testing.T, name string, limit time.Duration) {
	t.Helper()
	tr.stop.Store(true)
	tr.wg.Wait()
	hung := 0
	if tr.slowest > limit {
		hung++
		t.Errorf("%s: a request took %s, longer than %s", name, tr.slowest, limit)
	}
	for i, text := range tr.odd {
		if i == 5 {
			t.Errorf("%s: … %d more", name, len(tr.odd)-i)
			break
		}
		t.Errorf("%s: unexpected: %s", name, text)
	}
	counts := ""
	for _, status := range slices.Sorted(maps.Keys(tr.statuses)) {
		counts += fmt.Sprintf(" %s×%d", status, tr.statuses[status])
	}
	t.Logf("fault=%s hung=%d slowest_ms=%d longest_gap_ms=%d answers:%s", name, hung, tr.slowest.Milliseconds(), tr.longest.Milliseconds(), counts)
	if tr.statuses["503"] == 0 {
		t.Errorf("%s: no request saw the fault: the test proves nothing", name)
	}
}

// TestDatabaseGone takes the database away under traffic and gives it back: cut connections, a port that refuses, and a
// network that swallows every packet.
func TestDatabaseGone(t *testing.T) {
	t.Parallel()
	database, w := through(t, testdb.URL(t, store.MySQL))
	u, err := url.Parse(database)
	if err != nil {
		t.Fatal(err)
	}
	u.RawQuery = "read_timeout=1s"
	s := start(t, options{engine: store.MySQL, database: u.String()})
	d := newDesk(s)

	tr := newTraffic(d, 12)
	time.Sleep(300 * time.Millisecond)
	for range 3 {
		w.cut()
		time.Sleep(200 * time.Millisecond)
	}
	w.down()
	time.Sleep(1500 * time.Millisecond)
	probes(t, s)
	w.up()
	t.Logf("refused: again good after %s", tr.waitGood(t, 10*time.Second))
	tr.end(t, "refused", 5*time.Second)
	s.waitReady(5 * time.Second)

	tr = newTraffic(d, 12)
	time.Sleep(300 * time.Millisecond)
	w.swallow(true)
	time.Sleep(3 * time.Second)
	probes(t, s)
	time.Sleep(2 * time.Second)
	w.swallow(false)
	w.cut() // as a network does that comes back after the peers have given up
	t.Logf("black hole: again good after %s", tr.waitGood(t, 10*time.Second))
	tr.end(t, "black hole", 10*time.Second)
	s.waitReady(5 * time.Second)
}

// probes wants a living, unready server.
func probes(t *testing.T, s *server) {
	t.Helper()
	c := s.anonymous()
	begin := time.Now()
	c.get("/health").want(http.StatusOK)
	if took := time.Since(begin); took > time.Second {
		t.Errorf("/health took %s: it must not ask the database", took)
	}
	begin = time.Now()
	ready := c.get("/ready").problem(http.StatusServiceUnavailable, "unavailable")
	if took := time.Since(begin); took > 5*time.Second {
		t.Errorf("/ready took %s", took)
	}
	if detail := ready.str("detail"); !strings.Contains(detail, "database") {
		t.Errorf("/ready does not name the database: %q", detail)
	}
}

// TestBlackHole uses the settings as they come: the first request after the network went silent is answered, not hung.
func TestBlackHole(t *testing.T) {
	t.Parallel()
	database, w := through(t, testdb.URL(t, store.MySQL))
	d := newDesk(start(t, options{engine: store.MySQL, database: database}))
	d.get(d.tasksPath()).want(http.StatusOK)
	w.swallow(true)
	var wg sync.WaitGroup
	for name, ask := range map[string]func() (*response, error){
		"read": func() (*response, error) { return d.try(http.MethodGet, d.tasksPath(), nil) },
		"write": func() (*response, error) {
			return d.try(http.MethodPost, d.tasksPath(), object{"title": "Into the dark"})
		},
	} {
		wg.Go(func() {
			begin := time.Now()
			res, err := ask()
			took := time.Since(begin)
			t.Logf("black hole %s: answered after %s", name, took.Round(time.Millisecond))
			if err != nil || res.status != http.StatusServiceUnavailable {
				t.Errorf("%s: %v %v", name, res, err)
			}
			if took > 20*time.Second {
				t.Errorf("%s hung for %s", name, took)
			}
		})
	}
	wg.Wait()
	w.swallow(false)
	w.cut()
	d.get(d.tasksPath()).want(http.StatusOK)
}
