package store

import (
	"github.com/google/uuid"

	"github.com/task-tracker/task-tracker/app/internal/transfer"
)

// sink writes records into the tables; it implements [transfer.Sink].
type sink struct {
	tx        *Tx
	heap      bulk
	workspace uuid.UUID

	workspaces, accounts, members, projects, counters, statuses, labels *bulkTable
	tasks, assignees, taskLabels, numbers, items, search                *bulkTable
	comments, revisions, attachments, relations, activity               *bulkTable

	// pending is the task whose comments may still follow, with the words found so far.
	pending     *transfer.Task
	pendingLine int64
	words       []string
	// former are the former numbers that were added, to be held against those of the tasks.
	former []formerNumber
}

// formerNumber is a number that a task had before, with its line.
type formerNumber struct {
	project uuid.UUID
	number  int64
	line    int64
}

func newSink(tx *Tx) *sink {
	const twice = "something with the same id is there already, in the database or earlier in the file"
	s := &sink{
		tx: tx,
		workspaces: newBulkTable("workspace", "workspaces",
			"id, name, created_at, updated_at, version",
			"The workspace is there already."),
		accounts: newBulkTable("account", "accounts",
			"id, kind, workspace_id, email, email_fold, name, password_hash, deleted_at, deleted_by, created_at, updated_at, version",
			"an account with the same e-mail address or id has just been made"),
		members: newBulkTable("member", "members", "workspace_id, account_id, role, joined_at", "the account is a member already"),
		projects: newBulkTable("project", "projects",
			"id, workspace_id, project_key, name, description, archived, created_at, updated_at, version",
			"a project with the same id or key is there already"),
		counters: newBulkTable("project", "project_counters", "project_id, last_number", twice),
		statuses: newBulkTable("status", "statuses",
			"id, project_id, name, name_fold, category, position, created_at, updated_at, version",
			"a status with the same id, or the same name in the project, is there already"),
		labels: newBulkTable("label", "labels",
			"id, project_id, name, name_fold, color, created_at, updated_at, version",
			"a label with the same id, or the same name in the project, is there already"),
		tasks: newBulkTable("task", "tasks",
			"id, workspace_id, project_id, number, title, description, status_id, category, priority, "+
				"parent_id, start_date, due_date, estimate, position, author_id, created_at, updated_at, "+
				"completed_at, checklist_total, checklist_done, version",
			"a task with the same id, or the same number in the project, is there already"),
		assignees: newBulkTable("task", "task_assignees",
			"task_id, account_id, workspace_id, project_id, priority, due_date, position, updated_at",
			"two of its assignees are one account here"),
		taskLabels: newBulkTable("task", "task_labels", "task_id, label_id, priority, due_date, position, updated_at", twice),
		numbers: newBulkTable("task_number", "task_numbers", "project_id, number, task_id, workspace_id, created_at",
			"another task_number line has the same number in the project, or the task has one in the project already"),
		items: newBulkTable("checklist_item", "checklist_items",
			"id, workspace_id, task_id, text, done, position, created_at, updated_at, version",
			twice),
		search: newBulkTable("task", "task_search", "task_id, workspace_id, project_id, doc", twice),
		comments: newBulkTable("comment", "comments",
			"id, workspace_id, task_id, author_id, body, edited, created_at, updated_at, version",
			twice),
		revisions: newBulkTable("comment_revision", "comment_revisions",
			"comment_id, version, body, edited_by, created_at",
			"the comment has a revision with this version already"),
		attachments: newBulkTable("attachment", "attachments",
			"id, workspace_id, task_id, author_id, filename, content_type, size, sha256, blob_key, state, "+
				"created_at, confirmed_at, changed_at",
			twice),
		relations: newBulkTable("relation", "relations",
			"id, workspace_id, kind, from_task, to_task, created_by, created_at",
			"the same relation, or one with the same id, is there already"),
		activity: newBulkTable("activity", "activity",
			"id, workspace_id, project_id, task_id, actor_id, token_id, token_name, action, entity_type, "+
				"entity_id, changes, created_at",
			twice),
	}
	s.relations.check, s.activity.check = s.checkRelations, s.checkActivity
	s.heap = bulk{c: tx.conn, tables: []*bulkTable{
		s.workspaces, s.accounts, s.members, s.projects, s.counters, s.statuses, s.labels, s.tasks, s.assignees, s.taskLabels,
		s.numbers, s.items, s.search,
		s.comments, s.revisions, s.attachments, s.relations, s.activity,
	}}
	return s
}
