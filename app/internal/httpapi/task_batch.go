package httpapi

import (
	"errors"
	"net/http"
	"strconv"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/task-tracker/task-tracker/app/api"
	"github.com/task-tracker/task-tracker/app/internal/apperr"
	"github.com/task-tracker/task-tracker/app/internal/task"
)

// BatchTasks implements POST /v1/workspaces/{workspace}/tasks:batch.
func (s *Server) BatchTasks(w http.ResponseWriter, r *http.Request, workspaceID api.PathWorkspace, _ api.BatchTasksParams) {
	body, err := decode[struct {
		Changes []jsontext.Value `json:"changes"`
	}](r)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	if n := len(body.Changes); n == 0 || n > task.MaxBatch {
		s.fail(w, r, apperr.Invalid("/changes", "out_of_range", "has %d changes, 1 to %d are allowed", n, task.MaxBatch))
		return
	}
	items := make([]task.BatchItem, len(body.Changes))
	for i, raw := range body.Changes {
		if items[i], err = batchItem(raw); err != nil {
			s.fail(w, r, below("/changes/"+strconv.Itoa(i), err))
			return
		}
	}
	results, err := s.svc.Tasks.Batch(r.Context(), principal(r), workspaceID, items)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	s.object(w, r, http.StatusOK, 0, api.BatchResult{Results: each(results, toBatchResult)})
}

// batchItem decodes one change, as strictly as its kind allows.
func batchItem(raw jsontext.Value) (task.BatchItem, error) {
	var kind struct {
		Op string `json:"op"`
	}
	if err := json.Unmarshal(raw, &kind); err != nil {
		return task.BatchItem{}, decodeError(err)
	}
	item := task.BatchItem{Op: task.Op(kind.Op)}
	switch item.Op {
	case task.OpCreate:
		in, err := decodeBytes[api.BatchCreate](raw)
		item.ProjectID, item.Create = in.ProjectID, fromTaskCreate(in.Task)
		return item, err
	case task.OpUpdate:
		in, err := decodeBytes[api.BatchUpdate](raw)
		if err == nil {
			err = checkIfVersion(in.IfVersion)
		}
		item.TaskID, item.Patch, item.IfVersion = in.TaskID, fromTaskPatch(in.Task), in.IfVersion
		return item, err
	case task.OpDelete:
		in, err := decodeBytes[api.BatchDelete](raw)
		if err == nil {
			err = checkIfVersion(in.IfVersion)
		}
		item.TaskID, item.IfVersion = in.TaskID, in.IfVersion
		return item, err
	}
	return item, apperr.Invalid("/op", "invalid", "must be create, update or delete")
}

// checkIfVersion refuses what no object's version can be.
func checkIfVersion(version *int64) error {
	if version != nil && (*version < 1 || *version > task.MaxVersion) {
		return apperr.Invalid("/if_version", "out_of_range", "must be 1 to %d", int64(task.MaxVersion))
	}
	return nil
}

// below puts a prefix before the pointers of a failure.
func below(prefix string, err error) error {
	var e *apperr.Error
	if !errors.As(err, &e) {
		return err
	}
	moved := *e
	moved.Fields = make([]apperr.Field, len(e.Fields))
	for i, f := range e.Fields {
		f.Pointer = prefix + f.Pointer
		moved.Fields[i] = f
	}
	return &moved
}

func toBatchResult(r task.Result) api.BatchChangeResult {
	out := api.BatchChangeResult{Op: api.BatchOp(r.Op), TaskID: r.TaskID}
	if r.Task != nil {
		t := toTask(*r.Task)
		out.Task = &t
	}
	return out
}
