package httpapi

import (
	"net/http"
	"strconv"
	"time"

	"github.com/google/uuid"
	"github.com/oapi-codegen/nullable"

	"github.com/task-tracker/task-tracker/app/api"
	"github.com/task-tracker/task-tracker/app/internal/project"
	"github.com/task-tracker/task-tracker/app/internal/task"
)

// GetTask implements GET /v1/tasks/{task}.
func (s *Server) GetTask(w http.ResponseWriter, r *http.Request, id api.PathTask, _ api.GetTaskParams) {
	t, err := s.svc.Tasks.Get(r.Context(), principal(r), id)
	s.taskOrFail(w, r, t, err)
}

// GetTaskByNumber implements GET /v1/projects/{project}/tasks/{number}.
func (s *Server) GetTaskByNumber(w http.ResponseWriter, r *http.Request, projectID api.PathProject, number api.PathNumber, _ api.GetTaskByNumberParams) {
	t, err := s.svc.Tasks.GetByNumber(r.Context(), principal(r), projectID, number)
	if err == nil { // differs from the path of the request where the number is a former one
		w.Header()["Content-Location"] = []string{"/v1/projects/" + t.ProjectID.String() + "/tasks/" + strconv.FormatInt(t.Number, 10)}
	}
	s.taskOrFail(w, r, t, err)
}

// CreateTask implements POST /v1/projects/{project}/tasks.
func (s *Server) CreateTask(w http.ResponseWriter, r *http.Request, projectID api.PathProject, _ api.CreateTaskParams) {
	in, err := decode[api.TaskCreate](r)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	t, err := s.svc.Tasks.Create(r.Context(), principal(r), projectID, fromTaskCreate(in))
	if err != nil {
		s.fail(w, r, err)
		return
	}
	s.created(w, r, "/v1/tasks/"+t.ID.String(), t.Version, toTask(t))
}

// UpdateTask implements PATCH /v1/tasks/{task}.
func (s *Server) UpdateTask(w http.ResponseWriter, r *http.Request, id api.PathTask, _ api.UpdateTaskParams) {
	version, err := ifMatch(r)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	patch, err := decode[api.TaskPatch](r)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	t, err := s.svc.Tasks.Update(r.Context(), principal(r), id, fromTaskPatch(patch), version)
	s.taskOrFail(w, r, t, err)
}

// DeleteTask implements DELETE /v1/tasks/{task}.
func (s *Server) DeleteTask(w http.ResponseWriter, r *http.Request, id api.PathTask, _ api.DeleteTaskParams) {
	version, err := ifMatch(r)
	if err == nil {
		err = s.svc.Tasks.Delete(r.Context(), principal(r), id, version)
	}
	if err != nil {
		s.fail(w, r, err)
		return
	}
	s.noContent(w, r)
}

func (s *Server) taskOrFail(w http.ResponseWriter, r *http.Request, t task.Task, err error) {
	if err != nil {
		s.fail(w, r, err)
		return
	}
	s.object(w, r, http.StatusOK, t.Version, toTask(t))
}

// ListProjectTasks implements GET /v1/projects/{project}/tasks.
func (s *Server) ListProjectTasks(w http.ResponseWriter, r *http.Request, projectID api.PathProject, f api.ListProjectTasksParams) {
	s.listTasks(w, r, task.Query{ProjectID: projectID}, api.SearchTasksParams{
		Q: f.Q, Status: f.Status, Category: f.Category, Priority: f.Priority, Assignee: f.Assignee, Label: f.Label, Parent: f.Parent,
		DueBefore: f.DueBefore, DueAfter: f.DueAfter, UpdatedAfter: f.UpdatedAfter, Sort: (*api.TaskSort)(f.Sort), Limit: f.Limit,
	})
}

// SearchTasks implements GET /v1/workspaces/{workspace}/tasks.
func (s *Server) SearchTasks(w http.ResponseWriter, r *http.Request, workspaceID api.PathWorkspace, f api.SearchTasksParams) {
	q := task.Query{WorkspaceID: workspaceID}
	if f.Project != nil {
		q.ProjectID = *f.Project
	}
	s.listTasks(w, r, q, f)
}

func (s *Server) listTasks(w http.ResponseWriter, r *http.Request, q task.Query, f api.SearchTasksParams) {
	q, err := taskQuery(r, q, f)
	if err == nil {
		q.After, err = after[task.Cursor](s, r)
	}
	if err != nil {
		s.fail(w, r, err)
		return
	}
	q.Eventual = eventual(r)
	items, next, err := s.svc.Tasks.List(r.Context(), principal(r), q)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	page(s, w, r, each(items, toTask), next)
}

func taskQuery(r *http.Request, q task.Query, f api.SearchTasksParams) (task.Query, error) {
	q.Text, q.Label, q.Parent, q.UpdatedAfter = deref(f.Q), f.Label, f.Parent, f.UpdatedAfter
	q.StatusIDs = deref(f.Status)
	q.Categories = each(deref(f.Category), func(c api.StatusCategory) project.Category { return project.Category(c) })
	q.Priorities = each(deref(f.Priority), func(p api.Priority) task.Priority { return task.Priority(p) })
	q.DueBefore, q.DueAfter = queryDate(f.DueBefore), queryDate(f.DueAfter)
	q.Limit = task.DefaultLimit
	if f.Limit != nil {
		if q.Limit = *f.Limit; q.Limit < 1 {
			return q, invalidParameter(nil, "limit", "must be 1 to 100")
		}
	}
	if f.Q != nil && q.Text == "" {
		return q, invalidParameter(nil, "q", "needs a word of at least 3 letters or digits")
	}
	switch assignee := deref(f.Assignee); {
	case f.Assignee == nil:
	case assignee == "me":
		me := principal(r).AccountID
		q.Assignee = &me
	default:
		id, err := uuid.Parse(assignee)
		if err != nil || len(assignee) != 36 {
			return q, invalidParameter(nil, "assignee", "must be the id of an account, or me")
		}
		q.Assignee = &id
	}
	var err error
	q.Sort, err = task.ParseSort(string(deref(f.Sort)))
	return q, err
}

func queryDate(d *api.Date) *task.Date {
	if d == nil {
		return nil
	}
	day := task.Date(*d)
	return &day
}

// GetProjectStats implements GET /v1/projects/{project}/stats.
func (s *Server) GetProjectStats(w http.ResponseWriter, r *http.Request, projectID api.PathProject, params api.GetProjectStatsParams) {
	weeks := 12
	if params.Weeks != nil {
		weeks = *params.Weeks
	}
	stats, err := s.svc.Tasks.Stats(r.Context(), principal(r), projectID, weeks)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	s.object(w, r, http.StatusOK, 0, api.Stats{
		ByStatus: each(stats.ByStatus, func(c task.StatusCount) api.StatusCount {
			return api.StatusCount{Status: toStatusRef(c.Status), Count: c.Count}
		}),
		Weeks: each(stats.Weeks, func(week task.Week) api.WeekCount {
			return api.WeekCount{Week: week.Monday.Format(time.DateOnly), Created: week.Created, Completed: week.Completed}
		}),
	})
}

func toTask(t task.Task) api.Task {
	return api.Task{
		ID: t.ID, WorkspaceID: t.WorkspaceID, ProjectID: t.ProjectID, Number: t.Number, Key: t.ProjectKey + "-" + strconv.FormatInt(t.Number, 10),
		Title: t.Title, Description: t.Description, Status: toStatusRef(t.Status), Priority: api.Priority(t.Priority),
		Assignees: each(t.Assignees, toPerson),
		Labels:    each(t.Labels, func(l task.LabelRef) api.LabelRef { return api.LabelRef{ID: l.ID, Name: l.Name, Color: l.Color} }),
		ParentID:  t.ParentID, StartDate: (*string)(t.StartDate), DueDate: (*string)(t.DueDate), Estimate: t.Estimate, Position: t.Position,
		Checklist: api.ChecklistCount{Total: t.Checklist.Total, Done: t.Checklist.Done},
		Author:    toPerson(t.Author), CreatedAt: t.CreatedAt, UpdatedAt: t.UpdatedAt, CompletedAt: t.CompletedAt, Version: t.Version,
	}
}

func toPerson(p task.Person) api.AccountRef { return api.AccountRef{ID: p.ID, Name: p.Name} }

func toStatusRef(s task.StatusRef) api.StatusRef {
	return api.StatusRef{ID: s.ID, Name: s.Name, Category: api.StatusCategory(s.Category)}
}

func fromTaskCreate(in api.TaskCreate) task.CreateInput {
	return task.CreateInput{
		Title: in.Title, Description: deref(in.Description), StatusID: in.StatusID,
		Priority:    task.Priority(enumOr(in.Priority, api.PriorityNone)),
		AssigneeIDs: deref(in.AssigneeIDs), LabelIDs: deref(in.LabelIDs), ParentID: in.ParentID,
		StartDate: (*task.Date)(in.StartDate), DueDate: (*task.Date)(in.DueDate), Estimate: in.Estimate, Position: in.Position,
		Checklist: deref(in.Checklist),
	}
}

func fromTaskPatch(in api.TaskPatch) task.Patch {
	return task.Patch{
		Title: in.Title, Description: in.Description, StatusID: in.StatusID, Priority: (*task.Priority)(in.Priority),
		AssigneeIDs: in.AssigneeIDs, LabelIDs: in.LabelIDs, ParentID: in.ParentID,
		StartDate: nullableDate(in.StartDate), DueDate: nullableDate(in.DueDate), Estimate: in.Estimate, Position: in.Position,
	}
}

func nullableDate(in nullable.Nullable[string]) nullable.Nullable[task.Date] {
	switch {
	case !in.IsSpecified():
		return nil
	case in.IsNull():
		return nullable.NewNullNullable[task.Date]()
	}
	return nullable.NewNullableWithValue(task.Date(in.MustGet()))
}

// each maps a list; the result is never nil, so that it encodes as [].
func each[A, B any](in []A, fn func(A) B) []B {
	out := make([]B, len(in))
	for i := range in {
		out[i] = fn(in[i])
	}
	return out
}

// deref is what p points to, or the zero value.
func deref[T any](p *T) T {
	if p == nil {
		var zero T
		return zero
	}
	return *p
}
