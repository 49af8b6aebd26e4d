// Package client talks to a Task Tracker server.
//
// # Start
//
// A [Client] takes the server's address and a token, which a login or the command `tasktracker token create` gives:
//
//	c, err := client.New("https://tasks.example.com", os.Getenv("TASKTRACKER_TOKEN"))
//	task, err := c.CreateTask(ctx, projectID, client.TaskCreate{
//		Title:    "Rotate the keys",
//		Priority: new(client.PriorityHigh),
//	})
//
// Every method takes a context, is safe for concurrent use, and has a deadline where the context has one.
//
// # Lists
//
// Lists are iterators that fetch a page when it is needed. An error ends them:
//
//	for task, err := range c.Tasks(ctx, workspaceID, client.TaskFilter{Query: "keys", Assignee: "me"}) {
//		if err != nil {
//			return err
//		}
//		fmt.Println(task.Key, task.Title)
//	}
//
// # Changes
//
// What a patch leaves out stays as it is; [Null] clears what can be empty. [IfVersion] makes the change depend on the
// version that was read, so that nobody's work is overwritten:
//
//	_, err = c.UpdateTask(ctx, task.ID, client.TaskPatch{
//		Title:   new("Rotate all keys"),
//		DueDate: client.Null[string](),
//	}, client.IfVersion(task.Version))
//	if client.HasCode(err, client.CodePreconditionFailed) {
//		// somebody was faster: read again, decide again
//	}
//
// # Failures
//
// What the server refuses is an [*Error] with the problem's code, the faults of single fields and the request ID.
// Anything else, a refused connection say, comes as it is.
//
// Requests that may be sent twice are tried again, four times in all, after growing, jittered pauses, when the server
// cannot be reached or answers 429, 502, 503 or 504; a Retry-After is honoured. May be sent twice: GET, PUT, DELETE,
// and every POST under an Idempotency-Key. The client sets such a key by itself, one for each call, wherever the API
// takes one, so that a task is created once even if the answer was lost on its way. To repeat a call across restarts
// of your own program, bring a key along with [IdempotencyKey]. PATCH is sent once.
package client
