package e2e

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/task-tracker/task-tracker/app/internal/store"
)

// together sends n requests at the same moment and returns the answers. make gives the i-th.
func together(t *testing.T, n int, send func(i int) (*response, error)) []*response {
	t.Helper()
	answers, faults := make([]*response, n), make([]error, n)
	begin := make(chan struct{})
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			<-begin
			answers[i], faults[i] = send(i)
		})
	}
	close(begin)
	wg.Wait()
	for i, err := range faults {
		if err != nil {
			t.Fatalf("request %d: %v", i, err)
		}
		for _, fault := range answers[i].faults() {
			t.Errorf("%s: %s", answers[i], fault)
		}
	}
	return answers
}

// tally counts answers by their status.
func tally(answers []*response) map[int]int {
	out := map[int]int{}
	for _, res := range answers {
		out[res.status]++
	}
	return out
}

// TestOneOfManyPatchesWins sends 64 PATCHes with one If-Match: exactly one changes the task.
func TestOneOfManyPatchesWins(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, engine store.Engine) {
		d := newOffice(t, options{engine: engine})
		for round := range 3 {
			task := d.newTask(object{"title": "contended"})
			answers := together(t, 64, func(i int) (*response, error) {
				return d.ada.try(http.MethodPatch, task.location(), object{"title": fmt.Sprintf("by %d", i)}, set("If-Match", task.etag()))
			})
			if got := tally(answers); got[200] != 1 || got[412] != 63 {
				t.Errorf("round %d: %v, want one 200 and 63 times 412", round, got)
			}
			won := slices.IndexFunc(answers, func(res *response) bool { return res.status == 200 })
			if now := d.ada.get(task.location()).want(200); won < 0 || now.str("title") != answers[won].str("title") || now.num("version") != 2 {
				t.Errorf("round %d: the task is %s", round, now)
			}
		}
	})
}

// TestNumbersAreDense lets 16 clients create tasks in one project: the numbers are 1 to n, each once.
func TestNumbersAreDense(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, engine store.Engine) {
		d := newOffice(t, options{engine: engine})
		const creators, tasks = 16, 8
		var mu sync.Mutex
		var numbers []int64
		together(t, creators, func(i int) (*response, error) {
			var last *response
			for range tasks {
				res, err := d.ada.try(http.MethodPost, "/v1/projects/"+d.project+"/tasks", object{"title": fmt.Sprintf("by %d", i)})
				if err != nil || res.status != 201 {
					return res, fmt.Errorf("%s: %w", res, err)
				}
				mu.Lock()
				numbers = append(numbers, res.num("number"))
				mu.Unlock()
				last = res
			}
			return last, nil
		})
		slices.Sort(numbers)
		for i, n := range numbers {
			if n != int64(i)+1 {
				t.Fatalf("numbers %v", numbers)
			}
		}
		if len(numbers) != creators*tasks {
			t.Errorf("%d numbers", len(numbers))
		}
	})
}

// TestOneKeyOneTask sends one Idempotency-Key from 32 clients: one task, and all hear of it.
func TestOneKeyOneTask(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, engine store.Engine) {
		d := newOffice(t, options{engine: engine})
		send := func(int) (*response, error) {
			return d.ada.try(http.MethodPost, "/v1/projects/"+d.project+"/tasks", object{"title": "once"}, set("Idempotency-Key", "the-only-one"))
		}
		answers := together(t, 32, send)
		ids, fresh := map[string]bool{}, 0
		for _, res := range answers {
			switch {
			case res.status == 409 && problemCode(res) == "request_in_flight": // it may be asked again
			case res.status != 201:
				t.Errorf("%s", res)
			default:
				ids[res.str("id")] = true
				if res.header.Get("Idempotency-Replayed") == "" {
					fresh++
				}
			}
		}
		if len(ids) != 1 || fresh != 1 {
			t.Errorf("%d tasks, %d answers that are no replay, %v", len(ids), fresh, tally(answers))
		}
		if n := len(d.ada.get("/v1/projects/" + d.project + "/tasks").want(200).items()); n != 1 {
			t.Errorf("%d tasks are there", n)
		}
		if res, err := send(0); err != nil || res.status != 201 || res.header.Get("Idempotency-Replayed") != "true" {
			t.Errorf("afterwards: %s, %v", res, err)
		}
	})
}

// asked and answered are one operation on a task, for porcupine.
type asked struct {
	read      bool
	ifVersion int64 // 0: without If-Match
	title     string
}

type answered struct {
	status  int
	version int64
	title   string
}

// taskModel is what a task promises: every change makes its version one more, and one with If-Match happens exactly
// when the version is the named one.
var taskModel = porcupine.Model{
	Init: func() any { return answered{version: 1, title: "0"} },
	Step: func(state, input, output any) (bool, any) {
		now, in, out := state.(answered), input.(asked), output.(answered)
		switch {
		case in.read:
			return out.version == now.version && out.title == now.title, now
		case in.ifVersion != 0 && in.ifVersion != now.version:
			return out.status == 412, now
		}
		next := answered{version: now.version + 1, title: in.title}
		return out.status == 200 && out.version == next.version && out.title == next.title, next
	},
	DescribeOperation: func(input, output any) string { return fmt.Sprintf("%+v → %+v", input, output) },
}

// TestLinearizable records what eight clients see of one task and asks porcupine whether one order explains it all.
func TestLinearizable(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, engine store.Engine) {
		d := newOffice(t, options{engine: engine})
		path := d.newTask(object{"title": "0"}).location()
		const clients, operations = 8, 60
		var mu sync.Mutex
		var history []porcupine.Operation
		begin := time.Now()
		together(t, clients, func(i int) (*response, error) {
			known := int64(1)
			var res *response
			for n := range operations {
				in := asked{title: fmt.Sprintf("%d-%d", i, n)}
				var err error
				call := time.Since(begin)
				switch dice := rand.IntN(10); {
				case dice < 4:
					in.read = true
					res, err = d.ada.try(http.MethodGet, path, nil)
				case dice < 8:
					in.ifVersion = known
					res, err = d.ada.try(http.MethodPatch, path, object{"title": in.title}, set("If-Match", `"`+strconv.FormatInt(known, 10)+`"`))
				default:
					res, err = d.ada.try(http.MethodPatch, path, object{"title": in.title})
				}
				end := time.Since(begin)
				if err != nil || res.status != 200 && res.status != 412 {
					return res, fmt.Errorf("%v: %w", res, err)
				}
				out := answered{status: res.status}
				if res.status == 200 {
					out.version, out.title = res.num("version"), res.str("title")
					known = out.version
				}
				mu.Lock()
				history = append(history, porcupine.Operation{ClientId: i, Input: in, Call: int64(call), Output: out, Return: int64(end)})
				mu.Unlock()
			}
			return res, nil
		})
		result, info := porcupine.CheckOperationsVerbose(taskModel, history, time.Minute)
		fmt.Printf("linearizability %s: operations=%d result=%s\n", engine, len(history), result)
		if result != porcupine.Ok {
			t.Errorf("no order explains what the clients saw: %s; longest explained parts: %v", result, info.PartialLinearizations())
		}
	})
}
