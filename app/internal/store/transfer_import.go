package store

import (
	"cmp"
	"context"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/task-tracker/task-tracker/app/internal/account"
	"github.com/task-tracker/task-tracker/app/internal/apperr"
	"github.com/task-tracker/task-tracker/app/internal/auth"
	"github.com/task-tracker/task-tracker/app/internal/idem"
	"github.com/task-tracker/task-tracker/app/internal/project"
	"github.com/task-tracker/task-tracker/app/internal/task"
	"github.com/task-tracker/task-tracker/app/internal/transfer"
)

const (
	importAccountsSQL   = `SELECT id, COALESCE(email_fold, ''), deleted_at IS NOT NULL FROM accounts WHERE email_fold IN (%)`
	importAccountIDsSQL = `SELECT id, COALESCE(email_fold, ''), deleted_at IS NOT NULL FROM accounts WHERE id IN (%)`
	importTasksSQL      = `SELECT id, project_id FROM tasks WHERE workspace_id = ? AND id IN (%)`
	importFormerSQL     = `SELECT n.project_id, n.number FROM projects p JOIN task_numbers n ON n.project_id = p.id
JOIN tasks t ON t.project_id = n.project_id AND t.number = n.number WHERE p.workspace_id = ? LIMIT 1`
	importForeignTaskSQL   = `SELECT id, project_id FROM tasks WHERE id IN (%) AND workspace_id <> ?`
	importForeignParentSQL = `SELECT id, workspace_id FROM projects WHERE id IN (%) AND workspace_id <> ?`
)

// Accounts implements [transfer.Sink].
func (s *sink) Accounts(ctx context.Context, people []transfer.Account) (ids map[uuid.UUID]uuid.UUID, made int, err error) {
	ids = make(map[uuid.UUID]uuid.UUID, len(people))
	for some := range slices.Chunk(people, statementRows) {
		known, err := s.knownAccounts(ctx, some)
		if err != nil {
			return nil, 0, err
		}
		for _, a := range some {
			here, found := known.find(a)
			if !found {
				if here = a.ID; known.taken(here) {
					here = s.tx.NewID() // somebody else has it
				}
				known.add(a, here)
				made++
				if err := s.addAccount(ctx, a, here); err != nil {
					return nil, 0, err
				}
			}
			if _, twice := ids[a.ID]; twice {
				return nil, 0, apperr.New(apperr.ValidationFailed, "an account before it has the id %s for the second time", a.ID)
			}
			ids[a.ID] = here
		}
	}
	return ids, made, nil
}

// addAccount writes an account that nobody can log in to. A service account belongs to the workspace that is imported.
func (s *sink) addAccount(ctx context.Context, a transfer.Account, here uuid.UUID) error {
	var workspace, fold, deleted, by any
	if a.Email != "" {
		fold = account.FoldEmail(string(a.Email))
	}
	if a.AccountKind == account.KindService {
		workspace = s.workspace[:]
	}
	if a.Deleted {
		deleted, by = micros(a.UpdatedAt), here[:]
	}
	kind := string(cmp.Or(a.AccountKind, account.KindPerson))
	return s.heap.add(ctx, s.accounts, 0, here[:], kind, workspace, account.CleanEmail(string(a.Email)), fold, a.Name, "", deleted, by,
		micros(a.CreatedAt), micros(a.UpdatedAt), a.Version)
}

// knownAccounts are the accounts that are here, as far as some of a file's may be one of them.
type knownAccounts struct {
	byEmail map[string]uuid.UUID // folded
	deleted map[uuid.UUID]bool   // by id: whether it was deleted
}

// find returns the account that one of the file is here.
func (k knownAccounts) find(a transfer.Account) (id uuid.UUID, found bool) {
	if a.Email == "" {
		return a.ID, a.Deleted && k.deleted[a.ID]
	}
	id, found = k.byEmail[account.FoldEmail(string(a.Email))]
	return id, found
}

func (k knownAccounts) taken(id uuid.UUID) bool {
	_, taken := k.deleted[id]
	return taken
}

func (k knownAccounts) add(a transfer.Account, id uuid.UUID) {
	k.deleted[id] = a.Deleted
	if a.Email != "" {
		k.byEmail[account.FoldEmail(string(a.Email))] = id
	}
}

func (s *sink) knownAccounts(ctx context.Context, some []transfer.Account) (knownAccounts, error) {
	known := knownAccounts{byEmail: map[string]uuid.UUID{}, deleted: map[uuid.UUID]bool{}}
	var emails, given []any
	for _, a := range some {
		if a.Email != "" {
			emails = append(emails, account.FoldEmail(string(a.Email)))
		}
		given = append(given, a.ID[:])
	}
	for text, args := range map[string][]any{importAccountsSQL: emails, importAccountIDsSQL: given} {
		if len(args) == 0 {
			continue
		}
		err := s.tx.each(ctx, "import.accounts", s.tx.db.d.filled(text, len(args)), func(row scanner) error {
			var id uuid.UUID
			var email string
			var deleted bool
			err := row.Scan(&id, &email, &deleted)
			if known.deleted[id] = deleted; email != "" {
				known.byEmail[email] = id
			}
			return err
		}, args...)
		if err != nil {
			return known, public(err)
		}
	}
	return known, nil
}

// Add implements [transfer.Sink].
func (s *sink) Add(ctx context.Context, r transfer.Record, line int64) error {
	switch r := r.(type) {
	case *transfer.Workspace:
		s.workspace = r.ID
		if err := s.heap.add(ctx, s.workspaces, line, r.ID[:], r.Name, micros(r.CreatedAt), micros(r.UpdatedAt), r.Version); err != nil {
			return err
		}
		err := s.heap.flush(ctx) // at once: nothing else is looked at when it is there already
		if err != nil && idem.From(ctx) != nil && faultOf(err) == faultLockWait {
			return apperr.Wrap(err, apperr.RequestInFlight, "Another import of this workspace is under way. Send the request again to get its answer.")
		}
		return err
	case *transfer.Member:
		return s.heap.add(ctx, s.members, line, r.WorkspaceID[:], r.AccountID[:], r.Role, micros(r.JoinedAt))
	case *transfer.Project:
		err := s.heap.add(ctx, s.projects, line, r.ID[:], r.WorkspaceID[:], r.Key, r.Name, r.Description, r.Archived,
			micros(r.CreatedAt), micros(r.UpdatedAt), r.Version)
		if err != nil {
			return err
		}
		return s.heap.add(ctx, s.counters, line, r.ID[:], r.LastNumber)
	case *transfer.Status:
		return s.heap.add(ctx, s.statuses, line, r.ID[:], r.ProjectID[:], r.Name, project.Fold(r.Name), r.Category.Number(), r.Position,
			micros(r.CreatedAt), micros(r.UpdatedAt), r.Version)
	case *transfer.Label:
		return s.heap.add(ctx, s.labels, line, r.ID[:], r.ProjectID[:], r.Name, project.Fold(r.Name), r.Color,
			micros(r.CreatedAt), micros(r.UpdatedAt), r.Version)
	case *transfer.Task:
		return s.addTask(ctx, r, line)
	case *transfer.Number:
		s.former = append(s.former, formerNumber{r.ProjectID, r.Number, line})
		return s.heap.add(ctx, s.numbers, line, r.ProjectID[:], r.Number, r.TaskID[:], r.WorkspaceID[:], micros(r.CreatedAt))
	case *transfer.ChecklistItem:
		if s.pending != nil && s.pending.ID == r.TaskID {
			s.words = append(s.words, searchWords(r.Text)...)
		}
		return s.heap.add(ctx, s.items, line, r.ID[:], r.WorkspaceID[:], r.TaskID[:], r.Text, r.Done, r.Position,
			micros(r.CreatedAt), micros(r.UpdatedAt), r.Version)
	case *transfer.Comment:
		if s.pending != nil && s.pending.ID == r.TaskID {
			s.words = append(s.words, searchWords(r.Body)...)
		}
		return s.heap.add(ctx, s.comments, line, r.ID[:], r.WorkspaceID[:], r.TaskID[:], r.AuthorID[:], r.Body, r.Edited,
			micros(r.CreatedAt), micros(r.UpdatedAt), r.Version)
	case *transfer.Revision:
		return s.heap.add(ctx, s.revisions, line, r.CommentID[:], r.Version, r.Body, r.EditedBy[:], micros(r.CreatedAt))
	case *transfer.Attachment:
		sum, err := hex.DecodeString(r.SHA256)
		if err != nil {
			return fmt.Errorf("attachment %s: sha256: %w", r.ID, err)
		}
		return s.heap.add(ctx, s.attachments, line, r.ID[:], r.WorkspaceID[:], r.TaskID[:], r.AuthorID[:],
			r.Filename, r.ContentType, r.Size, sum, r.BlobKey, 2,
			micros(r.CreatedAt), microsPtr(r.ConfirmedAt), micros(r.ChangedAt))
	case *transfer.Relation:
		s.workspace = r.WorkspaceID
		return s.heap.add(ctx, s.relations, line, r.ID[:], r.WorkspaceID[:], task.RelationType(r.Relation).Number(),
			r.FromTask[:], r.ToTask[:], r.CreatedBy[:], micros(r.CreatedAt))
	case *transfer.Activity:
		s.workspace = r.WorkspaceID
		return s.heap.add(ctx, s.activity, line, r.ID[:], r.WorkspaceID[:], idPtr(r.ProjectID), idPtr(r.TaskID), r.ActorID[:], idPtr(r.TokenID), r.TokenName,
			r.Action, r.EntityType, r.EntityID[:], string(r.Changes), micros(r.CreatedAt))
	}
	return fmt.Errorf("import: a record of type %s cannot be written", r.Kind())
}

func (s *sink) addTask(ctx context.Context, t *transfer.Task, line int64) error {
	if err := s.settleSearch(ctx); err != nil {
		return err
	}
	priority, due := task.Priority(t.Priority).Number(), string(task.NoDate)
	if t.DueDate != nil {
		due = *t.DueDate
	}
	var parent any
	if t.ParentBefore {
		parent = idPtr(t.ParentID)
	}
	updated := micros(t.UpdatedAt)
	err := s.heap.add(ctx, s.tasks, line, t.ID[:], t.WorkspaceID[:], t.ProjectID[:], t.Number, t.Title, t.Description,
		t.StatusID[:], t.Category.Number(), priority,
		parent, value(t.StartDate), due, value(t.Estimate), t.Position, t.AuthorID[:], micros(t.CreatedAt), updated, microsPtr(t.CompletedAt),
		t.Checklist.Total, t.Checklist.Done, t.Version)
	if err != nil {
		return err
	}
	for _, id := range t.AssigneeIDs {
		if err := s.heap.add(ctx, s.assignees, line, t.ID[:], id[:], t.WorkspaceID[:], t.ProjectID[:], priority, due, t.Position, updated); err != nil {
			return err
		}
	}
	for _, id := range t.LabelIDs {
		if err := s.heap.add(ctx, s.taskLabels, line, t.ID[:], id[:], priority, due, t.Position, updated); err != nil {
			return err
		}
	}
	s.pending, s.pendingLine, s.words = t, line, append(s.words[:0], searchWords(t.Title, t.Description)...)
	return nil
}

// value is what a pointer points to, or NULL.
func value[T any](p *T) any {
	if p == nil {
		return nil
	}
	return *p
}

// settleSearch writes the search document of the task that is complete now.
func (s *sink) settleSearch(ctx context.Context) error {
	t := s.pending
	if t == nil {
		return nil
	}
	s.pending = nil
	slices.Sort(s.words)
	doc := strings.Join(slices.Compact(s.words), " ")
	return s.heap.add(ctx, s.search, s.pendingLine, t.ID[:], t.WorkspaceID[:], t.ProjectID[:], doc)
}

// Flush implements [transfer.Sink].
func (s *sink) Flush(ctx context.Context) error {
	if err := s.settleSearch(ctx); err != nil {
		return err
	}
	return s.heap.flush(ctx)
}

// Keep implements [transfer.Sink].
func (s *sink) Keep(ctx context.Context, p auth.Principal, sum transfer.Summary) error {
	request := idem.From(ctx)
	if request == nil {
		return nil
	}
	_, err := s.tx.exec(ctx, "idempotency.claim", claimKeySQL, p.AccountID[:], request.Key, request.Hash[:], micros(s.tx.Now))
	if isDuplicate(err) {
		return apperr.New(apperr.RequestInFlight, "Another import with this Idempotency-Key was made meanwhile. Send the request again to get its answer.")
	}
	if err != nil {
		return err
	}
	return keepResult(ctx, s.tx, p, request, sum)
}

// Link implements [transfer.Sink]. All tasks being there, it also looks at their former numbers.
func (s *sink) Link(ctx context.Context, edges []transfer.Edge) error {
	if err := s.Flush(ctx); err != nil {
		return err
	}
	if err := s.checkFormer(ctx); err != nil {
		return err
	}
	for some := range slices.Chunk(edges, 100) {
		var ids []uuid.UUID
		for _, e := range some {
			ids = append(ids, e.From, e.To)
		}
		projects, err := s.tasksHere(ctx, ids)
		if err != nil {
			return err
		}
		for _, e := range some {
			if p, ok := projects[e.To]; !ok || p != projects[e.From] {
				return &transfer.LineError{Line: e.Line, Kind: "task", Err: apperr.Invalid("/parent_id", "not_found", "the project has no task with the id %s", e.To)}
			}
		}
		text := "UPDATE tasks SET parent_id = CASE id" + strings.Repeat(" WHEN ? THEN ?", len(some)) + " END WHERE id IN (" + marks(len(some)) + ")"
		args := make([]any, 0, 3*len(some))
		for _, e := range some {
			args = append(args, e.From[:], e.To[:])
		}
		for _, e := range some {
			args = append(args, e.From[:])
		}
		if _, err := s.tx.exec(ctx, "import.link", text, args...); err != nil {
			return public(err)
		}
	}
	return nil
}

// checkFormer sees to it that no task has a number that another one had before.
func (s *sink) checkFormer(ctx context.Context) error {
	if len(s.former) == 0 {
		return nil
	}
	var taken formerNumber
	_, err := one(ctx, s.tx.conn, "import.former_numbers", importFormerSQL, func(row scanner) (n int64, err error) {
		return n, row.Scan(&taken.project, &taken.number)
	}, s.workspace[:])
	if noRow(err) {
		return nil
	}
	if err != nil {
		return public(err)
	}
	for _, f := range s.former {
		if f.project == taken.project && f.number == taken.number {
			taken.line = f.line
		}
	}
	fault := apperr.Invalid("/number", "duplicate", "a task line has the number %d in the project", taken.number)
	return &transfer.LineError{Line: taken.line, Kind: "task_number", Err: fault}
}

// tasksHere returns the project of each of the tasks that this workspace has.
func (s *sink) tasksHere(ctx context.Context, ids []uuid.UUID) (map[uuid.UUID]uuid.UUID, error) {
	out := make(map[uuid.UUID]uuid.UUID, len(ids))
	for some := range slices.Chunk(ids, statementRows) {
		err := s.tx.each(ctx, "import.tasks", s.tx.db.d.filled(importTasksSQL, len(some)), func(row scanner) error {
			var id, projectID uuid.UUID
			err := row.Scan(&id, &projectID)
			out[id] = projectID
			return err
		}, append([]any{s.workspace[:]}, idArgs(some)...)...)
		if err != nil {
			return nil, public(err)
		}
	}
	return out, nil
}

func idArgs(ids []uuid.UUID) []any {
	out := make([]any, len(ids))
	for i := range ids {
		out[i] = ids[i][:]
	}
	return out
}

// checkRelations sees to it that both tasks are this workspace's.
func (s *sink) checkRelations(ctx context.Context, rows []bulkRow) error {
	var ids []uuid.UUID
	for _, r := range rows {
		ids = append(ids, uuid.UUID(r.args[3].([]byte)), uuid.UUID(r.args[4].([]byte)))
	}
	here, err := s.tasksHere(ctx, ids)
	if err != nil {
		return err
	}
	for i, id := range ids {
		if _, ok := here[id]; !ok {
			name := [2]string{"/from_task", "/to_task"}[i%2]
			return &transfer.LineError{Line: rows[i/2].line, Kind: "relation", Err: apperr.Invalid(name, "not_found", "no task line has the id %s", id)}
		}
	}
	return nil
}

// checkActivity sees to it that no entry is put under a task or project of another workspace. That it is there at all
// is not asked for: the log outlives what it tells of.
func (s *sink) checkActivity(ctx context.Context, rows []bulkRow) error {
	for column, text := range map[int]string{2: importForeignParentSQL, 3: importForeignTaskSQL} {
		lines := map[uuid.UUID]int64{}
		for _, r := range rows {
			if id, ok := r.args[column].([]byte); ok {
				lines[uuid.UUID(id)] = r.line
			}
		}
		var ids []uuid.UUID
		for id := range lines {
			ids = append(ids, id)
		}
		for some := range slices.Chunk(ids, statementRows) {
			err := s.tx.each(ctx, "import.foreign", s.tx.db.d.filled(text, len(some)), func(row scanner) error {
				var id, other uuid.UUID
				if err := row.Scan(&id, &other); err != nil {
					return err
				}
				name := map[int]string{2: "/project_id", 3: "/task_id"}[column]
				return &transfer.LineError{Line: lines[id], Kind: "activity", Err: apperr.Invalid(name, "not_found", "%s is not of this workspace", id)}
			}, append(idArgs(some), s.workspace[:])...)
			if err != nil {
				return public(err)
			}
		}
	}
	return nil
}
