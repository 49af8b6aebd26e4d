package store

import (
	"context"
	"database/sql"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/google/uuid"

	"github.com/task-tracker/task-tracker/app/internal/account"
	"github.com/task-tracker/task-tracker/app/internal/task"
)

// personalPage is how many rows of a person's export are read at once: some three megabytes where every text has its
// greatest length.
const personalPage = 50

// Each reads a page from an index that begins with the account, or with a workspace and the account in it.
const (
	personalIdentitiesSQL  = `SELECT issuer, subject, created_at FROM account_identities WHERE account_id = ? ORDER BY created_at`
	personalMembershipsSQL = `SELECT m.workspace_id, w.name, m.role, m.joined_at FROM members m JOIN workspaces w ON w.id = m.workspace_id
WHERE m.account_id = ? AND m.workspace_id > ? ORDER BY m.workspace_id LIMIT ?`
	personalTokensSQL = `SELECT id, kind, name, scopes, workspace_id, user_agent, address, created_at, expires_at, last_used_at FROM tokens
WHERE account_id = ? AND id > ? ORDER BY id LIMIT ?`

	personalInvitationColumns = `SELECT id, workspace_id, email, role, created_at, expires_at, accepted_at FROM invitations WHERE `
	personalMadeSQL           = personalInvitationColumns + `workspace_id = ? AND invited_by = ? AND id > ? ORDER BY id LIMIT ?`
	personalAcceptedSQL       = personalInvitationColumns + `accepted_by = ? AND id > ? ORDER BY id LIMIT ?`
	personalInvitedSQL        = personalInvitationColumns + `email_fold = ? AND id > ? AND accepted_at IS NULL ORDER BY id LIMIT ?`

	personalTaskColumns = `t.id, t.workspace_id, t.project_id, p.project_key, t.number, t.title, t.description, s.name, t.priority, t.start_date, t.due_date,
  t.estimate, t.created_at, t.updated_at, t.completed_at, t.version`
	personalAuthoredSQL = `SELECT ` + personalTaskColumns + `, 1, EXISTS (SELECT 1 FROM task_assignees ta WHERE ta.task_id = t.id AND ta.account_id = t.author_id)
FROM tasks t{INDEX} JOIN projects p ON p.id = t.project_id JOIN statuses s ON s.id = t.status_id
WHERE t.workspace_id = ? AND t.author_id = ? AND t.id > ? ORDER BY t.id LIMIT ?`
	personalAssignedSQL = `SELECT ` + personalTaskColumns + `, 0, 1
FROM task_assignees ta JOIN tasks t ON t.id = ta.task_id JOIN projects p ON p.id = t.project_id JOIN statuses s ON s.id = t.status_id
WHERE ta.workspace_id = ? AND ta.account_id = ? AND ta.task_id > ? AND t.author_id <> ta.account_id ORDER BY ta.task_id LIMIT ?`
	personalCommentsSQL = `SELECT id, workspace_id, task_id, body, edited, created_at, updated_at, version FROM comments{INDEX}
WHERE workspace_id = ? AND author_id = ? AND id > ? ORDER BY id LIMIT ?`
	personalRevisionsSQL   = `SELECT comment_id, version, body, created_at FROM comment_revisions WHERE comment_id = ? AND version > ? ORDER BY version LIMIT ?`
	personalAttachmentsSQL = `SELECT id, workspace_id, task_id, filename, content_type, size, sha256, created_at, confirmed_at FROM attachments{INDEX}
WHERE workspace_id = ? AND author_id = ? AND id > ? AND state <> 3 ORDER BY id LIMIT ?`
	personalActivitySQL = `SELECT id, workspace_id, project_id, task_id, action, entity_type, entity_id, changes, token_name, created_at FROM activity{INDEX}
WHERE workspace_id = ? AND actor_id = ? AND id > ? ORDER BY id LIMIT ?`
)

// personalExport hands one account's records to yield, page by page: no connection is held while its reader takes them.
type personalExport struct {
	c     conn
	id    uuid.UUID
	yield func(any) error
}

// by names the index that a statement reads from: with another, MySQL would now and then read all of a workspace.
func (e personalExport) by(text, index string) string {
	return strings.Replace(text, "{INDEX}", e.c.db.d.useIndex(index), 1)
}

// Export implements [account.ExportStore].
func (s *Accounts) Export(ctx context.Context, id uuid.UUID, yield func(any) error) error {
	cur, err := s.Get(ctx, id)
	if err != nil {
		return err
	}
	err = yield(&account.ExportedAccount{
		ID: cur.ID, Email: cur.Email, Name: cur.Name, InstanceOwner: cur.InstanceOwner, HasPassword: cur.PasswordHash != "",
		CreatedAt: cur.CreatedAt, UpdatedAt: cur.UpdatedAt, Version: cur.Version,
	})
	if err != nil {
		return err
	}
	e := personalExport{c: s.db.reader(), id: id, yield: yield}
	identities, err := collect(ctx, e.c, "personal.identities", personalIdentitiesSQL, scanPersonalIdentity, id[:])
	if err != nil {
		return public(err)
	}
	for _, r := range identities {
		if err := yield(r); err != nil {
			return err
		}
	}
	var workspaces []uuid.UUID
	err = personalPages(ctx, e, uuid.Nil, "personal.memberships", personalMembershipsSQL, scanPersonalMembership, func(r *account.ExportedMembership) (uuid.UUID, error) {
		workspaces = append(workspaces, r.WorkspaceID)
		return r.WorkspaceID, yield(r)
	}, id[:])
	if err != nil {
		return err
	}
	err = personalPages(ctx, e, uuid.Nil, "personal.tokens", personalTokensSQL, scanPersonalToken, func(r *account.ExportedToken) (uuid.UUID, error) {
		return r.ID, yield(r)
	}, id[:])
	if err != nil {
		return err
	}
	if err := e.invitations(ctx, workspaces, account.FoldEmail(cur.Email)); err != nil {
		return err
	}
	for _, part := range []func(context.Context, uuid.UUID) error{e.tasks, e.comments, e.attachments, e.activity} {
		for _, w := range workspaces {
			if err := part(ctx, w); err != nil {
				return err
			}
		}
	}
	return nil
}

// personalPages reads a list page by page. each hands on a record and returns the id that the next page begins behind, which
// the statement takes behind args, and last how many rows it may return. A list of a workspace ends with the account's
// membership there, however long its reader takes; in is zero for others.
func personalPages[T any](
	ctx context.Context, e personalExport, in uuid.UUID, name, text string, scan func(scanner) (*T, error), each func(*T) (uuid.UUID, error), args ...any,
) error {
	var last uuid.UUID
	for {
		if in != uuid.Nil {
			if m, err := e.c.membership(ctx, in, e.id); err != nil || !m.Role.Valid() {
				return public(err)
			}
		}
		rows, err := collect(ctx, e.c, name, text, scan, append(append([]any{}, args...), last[:], personalPage)...)
		if err != nil {
			return public(err)
		}
		for _, r := range rows {
			if last, err = each(r); err != nil {
				return err
			}
		}
		if len(rows) < personalPage {
			return nil
		}
	}
}

func scanPersonalIdentity(row scanner) (*account.ExportedIdentity, error) {
	var r account.ExportedIdentity
	err := row.Scan(&r.Issuer, &r.Subject, stamp{&r.CreatedAt})
	return &r, err
}

func scanPersonalMembership(row scanner) (*account.ExportedMembership, error) {
	var r account.ExportedMembership
	err := row.Scan(&r.WorkspaceID, &r.Workspace, &r.Role, stamp{&r.JoinedAt})
	return &r, err
}

func scanPersonalToken(row scanner) (*account.ExportedToken, error) {
	var r account.ExportedToken
	var scopes string
	var workspace uuid.NullUUID
	var expires, used sql.NullInt64
	err := row.Scan(&r.ID, &r.Kind, &r.Name, &scopes, &workspace, &r.UserAgent, &r.Address, stamp{&r.CreatedAt}, &expires, &used)
	r.Scopes, r.WorkspaceID, r.ExpiresAt, r.LastUsedAt = splitScopes(scopes), fromNullID(workspace), fromNullMicros(expires), fromNullMicros(used)
	return &r, err
}

func scanPersonalInvitation(row scanner) (*account.ExportedInvitation, error) {
	var r account.ExportedInvitation
	var accepted sql.NullInt64
	err := row.Scan(&r.ID, &r.WorkspaceID, &r.Email, &r.Role, stamp{&r.CreatedAt}, stamp{&r.ExpiresAt}, &accepted)
	r.AcceptedAt = fromNullMicros(accepted)
	return &r, err
}

// invitations hands on those that the account made, then those that it accepted, then those to its address.
func (e personalExport) invitations(ctx context.Context, workspaces []uuid.UUID, fold string) error {
	each := func(made bool) func(*account.ExportedInvitation) (uuid.UUID, error) {
		return func(r *account.ExportedInvitation) (uuid.UUID, error) {
			r.Made = made
			return r.ID, e.yield(r)
		}
	}
	for _, w := range workspaces {
		if err := personalPages(ctx, e, w, "personal.made", personalMadeSQL, scanPersonalInvitation, each(true), w[:], e.id[:]); err != nil {
			return err
		}
	}
	if err := personalPages(ctx, e, uuid.Nil, "personal.accepted", personalAcceptedSQL, scanPersonalInvitation, each(false), e.id[:]); err != nil {
		return err
	}
	return personalPages(ctx, e, uuid.Nil, "personal.invited", personalInvitedSQL, scanPersonalInvitation, each(false), fold)
}

func scanPersonalTask(row scanner) (*account.ExportedTask, error) {
	var r account.ExportedTask
	var key, due string
	var number int64
	var priority int
	var start sql.NullString
	var estimate, completed sql.NullInt64
	err := row.Scan(&r.ID, &r.WorkspaceID, &r.ProjectID, &key, &number, &r.Title, &r.Description, &r.Status, &priority, &start, &due,
		&estimate, stamp{&r.CreatedAt}, stamp{&r.UpdatedAt}, &completed, &r.Version, &r.Author, &r.Assigned)
	if err != nil {
		return nil, err
	}
	p, err := task.PriorityOf(priority)
	r.Key, r.Priority, r.CompletedAt = fmt.Sprintf("%s-%d", key, number), string(p), fromNullMicros(completed)
	if start.Valid {
		r.StartDate = &start.String
	}
	if due != string(task.NoDate) {
		r.DueDate = &due
	}
	if estimate.Valid {
		r.Estimate = &estimate.Int64
	}
	return &r, err
}

func (e personalExport) tasks(ctx context.Context, workspace uuid.UUID) error {
	each := func(r *account.ExportedTask) (uuid.UUID, error) { return r.ID, e.yield(r) }
	if err := personalPages(ctx, e, workspace, "personal.authored", e.by(personalAuthoredSQL, "tasks_author"), scanPersonalTask, each, workspace[:], e.id[:]); err != nil {
		return err
	}
	return personalPages(ctx, e, workspace, "personal.assigned", personalAssignedSQL, scanPersonalTask, each, workspace[:], e.id[:])
}

func (e personalExport) comments(ctx context.Context, workspace uuid.UUID) error {
	return personalPages(ctx, e, workspace, "personal.comments", e.by(personalCommentsSQL, "comments_author"), func(row scanner) (*account.ExportedComment, error) {
		var r account.ExportedComment
		err := row.Scan(&r.ID, &r.WorkspaceID, &r.TaskID, &r.Body, &r.Edited, stamp{&r.CreatedAt}, stamp{&r.UpdatedAt}, &r.Version)
		return &r, err
	}, func(r *account.ExportedComment) (uuid.UUID, error) {
		if err := e.yield(r); err != nil || !r.Edited {
			return r.ID, err
		}
		return r.ID, e.revisions(ctx, r.ID)
	}, workspace[:], e.id[:])
}

func (e personalExport) revisions(ctx context.Context, comment uuid.UUID) error {
	for last := int64(0); ; {
		rows, err := collect(ctx, e.c, "personal.revisions", personalRevisionsSQL, func(row scanner) (*account.ExportedRevision, error) {
			var r account.ExportedRevision
			err := row.Scan(&r.CommentID, &r.Version, &r.Body, stamp{&r.CreatedAt})
			return &r, err
		}, comment[:], last, personalPage)
		if err != nil {
			return public(err)
		}
		for _, r := range rows {
			if err := e.yield(r); err != nil {
				return err
			}
			last = r.Version
		}
		if len(rows) < personalPage {
			return nil
		}
	}
}

func (e personalExport) attachments(ctx context.Context, workspace uuid.UUID) error {
	return personalPages(ctx, e, workspace, "personal.attachments", e.by(personalAttachmentsSQL, "attachments_author"), func(row scanner) (*account.ExportedAttachment, error) {
		var r account.ExportedAttachment
		var sum []byte
		var confirmed sql.NullInt64
		err := row.Scan(&r.ID, &r.WorkspaceID, &r.TaskID, &r.Filename, &r.ContentType, &r.Size, &sum, stamp{&r.CreatedAt}, &confirmed)
		r.SHA256, r.ConfirmedAt = hex.EncodeToString(sum), fromNullMicros(confirmed)
		return &r, err
	}, func(r *account.ExportedAttachment) (uuid.UUID, error) { return r.ID, e.yield(r) }, workspace[:], e.id[:])
}

func (e personalExport) activity(ctx context.Context, workspace uuid.UUID) error {
	return personalPages(ctx, e, workspace, "personal.activity", e.by(personalActivitySQL, "activity_actor"), func(row scanner) (*account.ExportedActivity, error) {
		var r account.ExportedActivity
		var projectID, taskID uuid.NullUUID
		var changes string
		err := row.Scan(&r.ID, &r.WorkspaceID, &projectID, &taskID, &r.Action, &r.EntityType, &r.EntityID, &changes, &r.TokenName, stamp{&r.CreatedAt})
		r.ProjectID, r.TaskID, r.Changes = fromNullID(projectID), fromNullID(taskID), []byte(changes)
		return &r, err
	}, func(r *account.ExportedActivity) (uuid.UUID, error) { return r.ID, e.yield(r) }, workspace[:], e.id[:])
}
