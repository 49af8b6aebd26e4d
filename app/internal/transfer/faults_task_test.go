package transfer_test

import (
	"testing"

	"github.com/google/uuid"

	"github.com/task-tracker/task-tracker/app/internal/transfer"
)

// faultsBelowTasks are faults of former numbers and of checklists.
func faultsBelowTasks(t *testing.T) map[string]importFault {
	t.Helper()
	return map[string]importFault{
		"former number of no project": {"project_id: no project line", func(r []transfer.Record) (any, []transfer.Record) {
			v := nth[transfer.Number](t, r, 3)
			v.ProjectID = uuid.New()
			return keep(v)
		}},
		"former number in the task's project": {"project_id: must be another", func(r []transfer.Record) (any, []transfer.Record) {
			v := nth[transfer.Number](t, r, 3)
			v.ProjectID = nth(t, r, 0, func(o *transfer.Task) bool { return o.ID == v.TaskID }).ProjectID
			return keep(v)
		}},
		"former number beyond the counter": {"number: is 4711", func(r []transfer.Record) (any, []transfer.Record) {
			v := nth[transfer.Number](t, r, 3)
			v.Number = 4711
			return keep(v)
		}},
		"former number that a task has": {"number: a task line has", func(r []transfer.Record) (any, []transfer.Record) {
			v := nth[transfer.Number](t, r, 3)
			v.Number = nth(t, r, 50, func(o *transfer.Task) bool { return o.ProjectID == v.ProjectID }).Number
			return keep(v)
		}},
		"former number twice": {"same number in the project", func(r []transfer.Record) (any, []transfer.Record) {
			v := nth[transfer.Number](t, r, 30)
			v.Number = nth(t, r, 0, func(o *transfer.Number) bool { return o.ProjectID == v.ProjectID }).Number
			return keep(v)
		}},
		"former number of another task": {"task_id: must be the id of the task line before it", func(r []transfer.Record) (any, []transfer.Record) {
			v := nth[transfer.Number](t, r, 3)
			v.TaskID = nth[transfer.Task](t, r, 0).ID
			return keep(v)
		}},
		"fewer items than counted": {"checklist: counts", func(r []transfer.Record) (any, []transfer.Record) {
			v := nth(t, r, 2, func(v *transfer.Task) bool { return v.Checklist.Done > 1 && v.Checklist.Total < 99 })
			v.Checklist.Total++
			return keep(v)
		}},
		"more items than counted": {"task_id: the task line counts", func(r []transfer.Record) (any, []transfer.Record) {
			v := nth(t, r, 2, func(v *transfer.Task) bool { return v.Checklist.Done > 1 && v.Checklist.Done < v.Checklist.Total })
			v.Checklist.Total--
			return keep(nth(t, r, v.Checklist.Total, func(i *transfer.ChecklistItem) bool { return i.TaskID == v.ID }))
		}},
		"more items than a task can have": {"checklist: must count 0 to 100", func(r []transfer.Record) (any, []transfer.Record) {
			v := nth[transfer.Task](t, r, 10)
			v.Checklist.Total = 101
			return keep(v)
		}},
		"other items done than counted": {"checklist: counts", func(r []transfer.Record) (any, []transfer.Record) {
			i := nth[transfer.ChecklistItem](t, r, 20)
			i.Done = !i.Done
			return keep(nth(t, r, 0, func(v *transfer.Task) bool { return v.ID == i.TaskID }))
		}},
		"item of another task": {"task_id: must be the id of the task line before it", func(r []transfer.Record) (any, []transfer.Record) {
			i := nth[transfer.ChecklistItem](t, r, 20)
			i.TaskID = nth[transfer.Task](t, r, 0).ID
			return keep(i)
		}},
		"item without a text": {"text: must have", func(r []transfer.Record) (any, []transfer.Record) {
			i := nth[transfer.ChecklistItem](t, r, 20)
			i.Text = " "
			return keep(i)
		}},
		"item id twice": {"same id", func(r []transfer.Record) (any, []transfer.Record) {
			i := nth[transfer.ChecklistItem](t, r, 200)
			i.ID = nth[transfer.ChecklistItem](t, r, 0).ID
			return keep(i)
		}},
	}
}
