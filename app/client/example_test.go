package client_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/google/uuid"

	"github.com/task-tracker/task-tracker/app/client"
)

// demo is a server that knows one project with two tasks. In your program, the address is that of a real one.
func demo() (address string, project uuid.UUID, stop func()) {
	project = uuid.MustParse("01988c5e-7a3b-7c21-9f00-5b6c8e1d2a03")
	const one = `{"id":"01988c5e-7a3b-7c21-9f00-5b6c8e1d2a06","key":"OPS-1","title":"Rotate the keys","priority":"high","version":1}`
	const two = `{"id":"01988c5e-7a3b-7c21-9f00-5b6c8e1d2a07","key":"OPS-2","title":"Renew the certificate","priority":"low","version":1}`
	tasks := "/v1/projects/" + project.String() + "/tasks"
	mux := http.NewServeMux()
	mux.HandleFunc("POST "+tasks, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusCreated)
		_, _ = fmt.Fprint(w, one)
	})
	mux.HandleFunc("GET "+tasks, func(w http.ResponseWriter, r *http.Request) {
		if r.FormValue("cursor") == "" {
			_, _ = fmt.Fprint(w, `{"items":[`+one+`],"next_cursor":"2"}`)
			return
		}
		_, _ = fmt.Fprint(w, `{"items":[`+two+`],"next_cursor":null}`)
	})
	mux.HandleFunc("PATCH /v1/tasks/{task}", func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusPreconditionFailed)
		_, _ = fmt.Fprint(w, `{"code":"precondition_failed","status":412,"detail":"The task has changed: its version is 2.","request_id":"r1"}`)
	})
	s := httptest.NewServer(mux)
	return s.URL, project, s.Close
}

func Example() {
	address, project, stop := demo()
	defer stop()
	ctx := context.Background()

	c, err := client.New(address, "tt_your_token")
	if err != nil {
		fmt.Println(err)
		return
	}
	task, err := c.CreateTask(ctx, project, client.TaskCreate{
		Title:    "Rotate the keys",
		Priority: new(client.PriorityHigh),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(task.Key, task.Title)
	// Output: OPS-1 Rotate the keys
}

func ExampleClient_ProjectTasks() {
	address, project, stop := demo()
	defer stop()

	c, err := client.New(address, "tt_your_token")
	if err != nil {
		fmt.Println(err)
		return
	}
	for task, err := range c.ProjectTasks(context.Background(), project, client.TaskFilter{Sort: client.SortPriorityDesc}) {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(task.Key, task.Priority, task.Title)
	}
	// Output:
	// OPS-1 high Rotate the keys
	// OPS-2 low Renew the certificate
}

func ExampleIfVersion() {
	address, _, stop := demo()
	defer stop()

	c, err := client.New(address, "tt_your_token")
	if err != nil {
		fmt.Println(err)
		return
	}
	id := uuid.MustParse("01988c5e-7a3b-7c21-9f00-5b6c8e1d2a06")
	_, err = c.UpdateTask(context.Background(), id, client.TaskPatch{DueDate: client.Null[string]()}, client.IfVersion(1))
	if client.HasCode(err, client.CodePreconditionFailed) {
		fmt.Println("somebody was faster:", err)
	}
	// Output: somebody was faster: 412 precondition_failed The task has changed: its version is 2. (request r1)
}
