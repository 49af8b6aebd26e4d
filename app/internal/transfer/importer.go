package transfer

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"

	"github.com/google/uuid"

	"github.com/task-tracker/task-tracker/app/internal/account"
	"github.com/task-tracker/task-tracker/app/internal/apperr"
	"github.com/task-tracker/task-tracker/app/internal/auth"
	"github.com/task-tracker/task-tracker/app/internal/project"
	"github.com/task-tracker/task-tracker/app/internal/task"
)

// importer reads a file once and hands what it holds to the sink. It keeps in memory what later lines refer to
// (accounts, projects, statuses, labels, the current task and comment), never the tasks.
type importer struct {
	in     *Reader
	sink   Sink
	blobs  Blobs
	dryRun bool

	stage     int
	workspace *Workspace
	people    []Account
	accounts  map[uuid.UUID]uuid.UUID // id in the file → id here
	ghosts    map[uuid.UUID]Account   // by the id in the file: service accounts and those that were deleted
	made      int
	remapped  bool // some id here differs
	owners    int
	projects  map[uuid.UUID]*importedProject
	statuses  map[uuid.UUID]*Status
	labels    map[uuid.UUID]uuid.UUID // → project
	task      *Task
	taskLine  int64
	items     Checklist // of the task, as far as they were read
	comment   *Comment
	parents   []Edge
	blocks    []Edge
	keys      []string // of blobs that were or may have been stored
}

type importedProject struct {
	lastNumber       int64
	statuses, labels int
	line             int64
}

func newImporter(in *Reader, sink Sink, blobs Blobs, dryRun bool) *importer {
	return &importer{
		in: in, sink: sink, blobs: blobs, dryRun: dryRun,
		accounts: map[uuid.UUID]uuid.UUID{}, ghosts: map[uuid.UUID]Account{},
		projects: map[uuid.UUID]*importedProject{}, statuses: map[uuid.UUID]*Status{}, labels: map[uuid.UUID]uuid.UUID{},
	}
}

// The stages of a file: a record may not come after one of a later stage.
const (
	stageStart = iota
	stageWorkspace
	stageMembers
	stageProjects
	stageStatuses
	stageLabels
	stageTasks
	stageRelations
	stageActivity
	stageEnd
)

var stages = map[string]int{
	"workspace": stageWorkspace, "member": stageMembers, "project": stageProjects, "status": stageStatuses,
	"label": stageLabels, "task": stageTasks, "task_number": stageTasks, "checklist_item": stageTasks, "comment": stageTasks,
	"comment_revision": stageTasks, "attachment": stageTasks,
	"attachment_data": stageTasks, "relation": stageRelations, "activity": stageActivity,
}

func (im *importer) run(ctx context.Context) error {
	for {
		r, err := im.in.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		if err := im.place(ctx, r, im.in.Line()); err != nil {
			return at(im.in.Line(), r, err)
		}
	}
	if err := errors.Join(im.settleAccounts(ctx), im.enter(ctx, stageEnd)); err != nil {
		return at(im.in.Line(), &Trailer{}, err)
	}
	return im.sink.Flush(ctx)
}

// place moves to the record's stage and takes it. Accounts may stand anywhere behind the workspace; those that follow
// one another are looked up together.
func (im *importer) place(ctx context.Context, r Record, line int64) error {
	if a, ok := r.(*Account); ok {
		if im.workspace == nil {
			return errNoWorkspace
		}
		if err := a.check(); err != nil {
			return err
		}
		if a.AccountKind != account.KindPerson || a.Deleted {
			im.ghosts[a.ID] = *a
		}
		im.people = append(im.people, *a)
		return nil
	}
	if err := im.settleAccounts(ctx); err != nil {
		return err
	}
	if err := im.enter(ctx, stages[r.Kind()]); err != nil {
		return err
	}
	return im.take(ctx, r, line)
}

var errNoWorkspace = apperr.New(apperr.ValidationFailed, "the workspace must stand before it")

// at gives a fault the line of its record, unless it has one or is none of the record's.
func at(line int64, r Record, err error) error {
	var l *LineError
	var e *apperr.Error
	if errors.As(err, &l) || !errors.As(err, &e) {
		return err
	}
	switch e.Code {
	case apperr.ValidationFailed, apperr.AlreadyExists, apperr.Cycle:
		return &LineError{Line: line, Kind: r.Kind(), Err: err}
	}
	return err
}

// bad is a fault of the record in hand.
func bad(pointer, code, format string, args ...any) error {
	return apperr.Invalid(pointer, code, format, args...)
}

// enter moves on to a record's stage and does what is due between the stages.
func (im *importer) enter(ctx context.Context, stage int) error {
	switch {
	case stage < im.stage || stage == im.stage && stage == stageWorkspace:
		return apperr.New(apperr.ValidationFailed, "stands in the wrong place: the order is "+
			"workspace, member, project, status, label, task with what hangs on it, relation, activity")
	case stage > stageWorkspace && im.workspace == nil:
		return errNoWorkspace
	}
	for im.stage < stage {
		im.stage++
		var err error
		switch im.stage {
		case stageProjects:
			if im.owners == 0 {
				err = apperr.New(apperr.ValidationFailed, "the workspace has no owner: a member line with the role owner is needed before it")
			}
		case stageTasks:
			err = im.settleProjects()
		case stageRelations:
			if err = im.settleChecklist(); err == nil {
				err = im.settleParents(ctx)
			}
		case stageActivity:
			if line, found := cycle(im.blocks); found {
				err = &LineError{Line: line, Kind: "relation", Err: apperr.New(apperr.Cycle, "the task blocks itself through others")}
			}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// settleAccounts looks up or makes the accounts that were read since the last time.
func (im *importer) settleAccounts(ctx context.Context) error {
	if len(im.people) == 0 {
		return nil
	}
	ids, made, err := im.sink.Accounts(ctx, im.people)
	if err != nil {
		return err
	}
	for id, here := range ids {
		if _, twice := im.accounts[id]; twice {
			return apperr.New(apperr.ValidationFailed, "an account before it has the id %s for the second time", id)
		}
		im.accounts[id] = here
		im.remapped = im.remapped || id != here
	}
	im.made += made
	im.people = im.people[:0]
	return nil
}

func (im *importer) settleProjects() error {
	for id, p := range im.projects {
		if p.statuses == 0 {
			return &LineError{Line: p.line, Kind: "project", Err: bad("/id", "required", "the project %s has no status", id)}
		}
	}
	return nil
}

// settleParents makes the subtasks what they are, now that all tasks are there.
func (im *importer) settleParents(ctx context.Context) error {
	if line, found := cycle(im.parents); found {
		return &LineError{Line: line, Kind: "task", Err: apperr.New(apperr.Cycle, "parent_id: the task is its own parent through others")}
	}
	children := make(map[uuid.UUID]int, len(im.parents))
	for _, e := range im.parents {
		if children[e.To]++; children[e.To] > task.MaxSubtasks {
			return &LineError{Line: e.Line, Kind: "task", Err: bad("/parent_id", "too_many", "the task %s has more than %d subtasks", e.To, task.MaxSubtasks)}
		}
	}
	return im.sink.Link(ctx, im.parents)
}

// take checks one record, resolves what it refers to and passes it on.
func (im *importer) take(ctx context.Context, r Record, line int64) error {
	var err error
	switch r := r.(type) {
	case *Workspace:
		err = r.check()
		im.workspace = r
	case *Member:
		err = im.takeMember(r)
	case *Project:
		err = r.check()
		r.WorkspaceID = im.workspace.ID
		im.projects[r.ID] = &importedProject{lastNumber: r.LastNumber, line: line}
	case *Status:
		err = im.takeStatus(r)
	case *Label:
		err = im.takeLabel(r)
	case *Task:
		err = im.takeTask(r, line)
	case *Number:
		err = im.takeNumber(r)
	case *ChecklistItem:
		err = im.takeItem(r)
	case *Comment:
		err = im.takeComment(r)
	case *Revision:
		err = im.takeRevision(r)
	case *Attachment:
		err = im.takeAttachment(ctx, r, line)
	case *Data:
		return bad("/attachment_id", "invalid_value", "there are more bytes than the attachment has, or no attachment stands before it")
	case *Relation:
		err = im.takeRelation(r, line)
	case *Activity:
		err = im.takeActivity(r)
	}
	if err != nil {
		return err
	}
	return im.sink.Add(ctx, r, line)
}

// person replaces an account's id in the file by the one here.
func (im *importer) person(pointer string, id *uuid.UUID) error {
	here, ok := im.accounts[*id]
	if !ok {
		return bad(pointer, "not_found", "no account line has the id %s", *id)
	}
	*id = here
	return nil
}

func (im *importer) takeMember(m *Member) error {
	m.WorkspaceID = im.workspace.ID
	ghost, is := im.ghosts[m.AccountID]
	switch owner := auth.Role(m.Role) == auth.RoleOwner; {
	case is && ghost.Deleted:
		return bad("/account_id", "invalid_value", "is a deleted account, which is a member of nothing")
	case is && owner:
		return bad("/role", "invalid_value", "must be viewer, member or admin for a service account")
	case owner:
		im.owners++
	}
	return errors.Join(m.check(), im.person("/account_id", &m.AccountID))
}

func (im *importer) takeStatus(s *Status) error {
	p := im.projects[s.ProjectID]
	if p == nil {
		return bad("/project_id", "not_found", "no project line has the id %s", s.ProjectID)
	}
	if p.statuses++; p.statuses > project.MaxStatuses {
		return bad("/project_id", "too_many", "the project has more than %d statuses", project.MaxStatuses)
	}
	im.statuses[s.ID] = s
	return s.check()
}

func (im *importer) takeLabel(l *Label) error {
	p := im.projects[l.ProjectID]
	if p == nil {
		return bad("/project_id", "not_found", "no project line has the id %s", l.ProjectID)
	}
	if p.labels++; p.labels > project.MaxLabels {
		return bad("/project_id", "too_many", "the project has more than %d labels", project.MaxLabels)
	}
	im.labels[l.ID] = l.ProjectID
	return l.check()
}

func (im *importer) takeTask(t *Task, line int64) error {
	if err := errors.Join(im.settleChecklist(), t.check()); err != nil {
		return err
	}
	p, status := im.projects[t.ProjectID], im.statuses[t.StatusID]
	switch {
	case p == nil:
		return bad("/project_id", "not_found", "no project line has the id %s", t.ProjectID)
	case status == nil || status.ProjectID != t.ProjectID:
		return bad("/status_id", "not_found", "the project has no status with the id %s", t.StatusID)
	case t.Number > p.lastNumber:
		return bad("/number", "out_of_range", "is %d, but the project's last_number is %d", t.Number, p.lastNumber)
	case (t.CompletedAt != nil) != (status.Category == project.CategoryDone):
		return bad("/completed_at", "invalid_value", "must be there exactly where the status is of the category done")
	}
	for _, id := range t.LabelIDs {
		if im.labels[id] != t.ProjectID {
			return bad("/label_ids", "not_found", "the project has no label with the id %s", id)
		}
	}
	// Those that were deleted were about to be taken off.
	t.AssigneeIDs = slices.DeleteFunc(t.AssigneeIDs, func(id uuid.UUID) bool { return im.ghosts[id].Deleted })
	for i := range t.AssigneeIDs {
		if err := im.person("/assignee_ids", &t.AssigneeIDs[i]); err != nil {
			return err
		}
	}
	if t.ParentID != nil {
		im.parents = append(im.parents, Edge{From: t.ID, To: *t.ParentID, Line: line})
	}
	t.WorkspaceID, t.Category = im.workspace.ID, status.Category
	im.task, im.taskLine, im.items, im.comment = t, line, Checklist{}, nil
	return im.person("/author_id", &t.AuthorID)
}

// below sees to it that a record stands below its task.
func (im *importer) below(taskID uuid.UUID) error {
	if im.task == nil || taskID != im.task.ID {
		return bad("/task_id", "not_found", "must be the id of the task line before it")
	}
	return nil
}

func (im *importer) takeComment(c *Comment) error {
	c.WorkspaceID, im.comment = im.workspace.ID, c
	return errors.Join(c.check(), im.below(c.TaskID), im.person("/author_id", &c.AuthorID))
}

func (im *importer) takeRevision(r *Revision) error {
	if im.comment == nil || r.CommentID != im.comment.ID || !im.comment.Edited {
		return bad("/comment_id", "not_found", "must be the id of the comment line before it, which must be an edited one")
	}
	if r.Version >= im.comment.Version {
		return bad("/version", "out_of_range", "must be below the comment's version, %d", im.comment.Version)
	}
	return errors.Join(r.check(), im.person("/edited_by", &r.EditedBy))
}

func (im *importer) takeRelation(r *Relation, line int64) error {
	r.WorkspaceID = im.workspace.ID
	if task.RelationType(r.Relation) == task.Blocks {
		im.blocks = append(im.blocks, Edge{From: r.FromTask, To: r.ToTask, Line: line})
	}
	return errors.Join(r.check(), im.person("/created_by", &r.CreatedBy))
}

var quotedID = regexp.MustCompile(`"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"`)

func (im *importer) takeActivity(a *Activity) error {
	a.WorkspaceID = im.workspace.ID
	if im.remapped && bytes.IndexByte(a.Changes, '-') >= 0 { // accounts may stand in what changed
		a.Changes = quotedID.ReplaceAllFunc(a.Changes, func(quoted []byte) []byte {
			id, err := uuid.ParseBytes(quoted[1 : len(quoted)-1])
			if here, ok := im.accounts[id]; err == nil && ok {
				return fmt.Appendf(nil, "%q", here.String())
			}
			return quoted
		})
	}
	if here, ok := im.accounts[a.EntityID]; ok {
		a.EntityID = here
	}
	return errors.Join(a.check(), im.person("/actor_id", &a.ActorID))
}

func (im *importer) summary() Summary {
	return Summary{
		WorkspaceID: im.workspace.ID, Name: im.workspace.Name, DryRun: im.dryRun,
		AccountsCreated: im.made, AccountsMatched: len(im.accounts) - im.made, Counts: im.in.Counts(),
	}
}
