package transfer

import "errors"

// takeNumber checks a former number. That no task has it is the sink's to find out, when all tasks are there.
func (im *importer) takeNumber(n *Number) error {
	n.WorkspaceID = im.workspace.ID
	if err := errors.Join(n.check(), im.below(n.TaskID)); err != nil {
		return err
	}
	switch p := im.projects[n.ProjectID]; {
	case p == nil:
		return bad("/project_id", "not_found", "no project line has the id %s", n.ProjectID)
	case n.ProjectID == im.task.ProjectID:
		return bad("/project_id", "invalid_value", "must be another project than the task's")
	case n.Number > p.lastNumber:
		return bad("/number", "out_of_range", "is %d, but the project's last_number is %d", n.Number, p.lastNumber)
	}
	return nil
}

func (im *importer) takeItem(i *ChecklistItem) error {
	i.WorkspaceID = im.workspace.ID
	if err := errors.Join(i.check(), im.below(i.TaskID)); err != nil {
		return err
	}
	im.items.Total++
	if i.Done {
		im.items.Done++
	}
	if im.items.Total > im.task.Checklist.Total {
		return bad("/task_id", "too_many", "the task line counts %d items", im.task.Checklist.Total)
	}
	return nil
}

// settleChecklist holds the task's count of its items against those that followed.
func (im *importer) settleChecklist() error {
	if im.task == nil || im.items == im.task.Checklist {
		return nil
	}
	said, found := im.task.Checklist, im.items
	return &LineError{Line: im.taskLine, Kind: im.task.Kind(), Err: bad("/checklist", "invalid_value",
		"counts %d items, %d of them done; %d follow, %d of them done", said.Total, said.Done, found.Total, found.Done)}
}
