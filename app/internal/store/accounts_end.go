package store

import (
	"context"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/task-tracker/task-tracker/app/internal/account"
	"github.com/task-tracker/task-tracker/app/internal/activity"
	"github.com/task-tracker/task-tracker/app/internal/auth"
	"github.com/task-tracker/task-tracker/app/internal/task"
)

const (
	endIdentitiesSQL = `DELETE FROM account_identities WHERE account_id = ?`
	endAccountSQL    = `UPDATE accounts SET name = ?, email = '', email_fold = NULL, password_hash = '', deleted_at = ?, deleted_by = ?, leaving_at = ?,
  updated_at = ?, version = version + 1 WHERE id = ?`

	leavingAccountsSQL  = `SELECT id, kind, deleted_by, leaving_at FROM accounts WHERE leaving_at IS NOT NULL ORDER BY leaving_at LIMIT 10`
	holdEndedAccountSQL = `SELECT id FROM accounts WHERE id = ? {FOR UPDATE}`
	goneAccountSQL      = `UPDATE accounts SET leaving_at = NULL WHERE id = ?`

	assignedTasksSQL    = `SELECT task_id FROM task_assignees WHERE account_id = ? ORDER BY workspace_id, task_id LIMIT ?`
	assigneesOfTasksSQL = `SELECT ta.task_id, a.id, a.name FROM task_assignees ta JOIN accounts a ON a.id = ta.account_id WHERE ta.task_id IN (%)`
	takeAssigneeOffSQL  = `DELETE FROM task_assignees WHERE account_id = ? AND task_id IN (%)`
)

// endAccount makes a name of a locked account: all that lets anybody in as this account is gone with the transaction. Its
// memberships are the caller's to end, and [DB.ReleaseDeletedAccounts] takes it off its tasks.
func (tx *Tx) endAccount(ctx context.Context, id, by uuid.UUID, name string) error {
	if _, err := tx.exec(ctx, "token.end_all", endTokensSQL, id[:]); err != nil {
		return err
	}
	if _, err := tx.exec(ctx, "account.end_identities", endIdentitiesSQL, id[:]); err != nil {
		return err
	}
	now := micros(tx.Now)
	_, err := tx.exec(ctx, "account.end", endAccountSQL, name, now, by[:], now, now, id[:])
	return err
}

// unassign takes an account off up to [detachAtOnce] tasks, which is a change of each of them. It reports whether it is off
// all.
func (tx *Tx) unassign(ctx context.Context, p auth.Principal, id uuid.UUID) (done bool, err error) {
	ids, err := collect(ctx, tx.conn, "account.tasks", assignedTasksSQL, scanID, id[:], detachAtOnce)
	if err != nil || len(ids) == 0 {
		return err == nil, err
	}
	tasks, err := tx.lockTasks(ctx, ids)
	if err != nil {
		return false, err
	}
	return len(ids) < detachAtOnce, tx.takeAssigneeOff(ctx, p, id, tasks)
}

// takeAssigneeOff removes the account from those of the locked tasks that it is assigned to.
func (tx *Tx) takeAssigneeOff(ctx context.Context, p auth.Principal, id uuid.UUID, tasks []task.Task) error {
	byID := make(map[uuid.UUID]*task.Task, len(tasks))
	all := make([]uuid.UUID, 0, len(tasks))
	for i := range tasks {
		byID[tasks[i].ID] = &tasks[i]
		all = append(all, tasks[i].ID)
	}
	if len(all) == 0 {
		return nil
	}
	d := tx.db.d
	err := tx.each(ctx, "account.assignees_of_tasks", d.filled(assigneesOfTasksSQL, len(all)), func(row scanner) error {
		var taskID uuid.UUID
		var who task.Person
		err := row.Scan(&taskID, &who.ID, &who.Name)
		byID[taskID].Assignees = append(byID[taskID].Assignees, who)
		return err
	}, idArgs(all)...)
	if err != nil {
		return err
	}
	is := func(who task.Person) bool { return who.ID == id }
	var changed []uuid.UUID
	for i := range tasks {
		t := &tasks[i]
		if !slices.ContainsFunc(t.Assignees, is) {
			continue // a change of the task was quicker
		}
		sortFacets(t)
		var changes activity.Changes
		changes.Add("assignee_ids", personIDs(t.Assignees), personIDs(slices.DeleteFunc(slices.Clone(t.Assignees), is)))
		err := tx.record(ctx, p, activity.Entry{
			WorkspaceID: t.WorkspaceID, ProjectID: &t.ProjectID, TaskID: &t.ID, Action: "task.updated", EntityType: "task", EntityID: t.ID, Changes: changes,
		})
		if err != nil {
			return err
		}
		changed = append(changed, t.ID)
	}
	if len(changed) == 0 {
		return nil
	}
	if _, err := tx.exec(ctx, "account.take_off", d.filled(takeAssigneeOffSQL, len(changed)), append([]any{id[:]}, idArgs(changed)...)...); err != nil {
		return err
	}
	if _, err := tx.exec(ctx, "task.touch_many", d.filled(touchTasksSQL, len(changed)), append([]any{micros(tx.Now)}, idArgs(changed)...)...); err != nil {
		return err
	}
	return touchCopies(ctx, tx, changed)
}

// releaseAfter is how long after its end an account is looked for among assignees: longer than any transaction takes that
// saw it as a member still.
const releaseAfter = time.Minute

// ReleaseDeletedAccounts takes deleted accounts off the tasks that they are still assigned to, some at a time, until none is
// left, and people's tokens out of what they did. It may run in every process at once.
func (db *DB) ReleaseDeletedAccounts(ctx context.Context) error {
	type leaving struct {
		id, by uuid.UUID
		kind   account.AccountKind
		at     int64
	}
	for {
		accounts, err := collect(ctx, db.reader(), "account.leaving", leavingAccountsSQL, func(row scanner) (l leaving, err error) {
			return l, row.Scan(&l.id, &l.kind, &l.by, &l.at)
		})
		if err != nil {
			return public(err)
		}
		again := false
		for _, l := range accounts {
			done, err := mutate(ctx, db, "account.release", func(tx *Tx) (bool, error) {
				if err := tx.lockRow(ctx, "account.hold_ended", holdEndedAccountSQL, l.id); err != nil {
					return false, err
				}
				return tx.unassign(ctx, auth.Principal{AccountID: l.by}, l.id)
			})
			if err != nil {
				return err
			}
			if done && db.now().Sub(fromMicros(l.at)) < releaseAfter {
				continue // it is looked for once more
			}
			again = true
			if !done {
				continue
			}
			if l.kind == account.KindPerson {
				if err := db.forgetTokenNames(ctx, l.id); err != nil {
					return err
				}
			}
			if _, err := (conn{q: db.write, db: db}).exec(ctx, "account.gone", goneAccountSQL, l.id[:]); err != nil {
				return public(err)
			}
		}
		if !again {
			return nil
		}
	}
}
