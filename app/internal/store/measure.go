package store

import (
	"database/sql"

	"github.com/task-tracker/task-tracker/app/internal/task"
)

// What a program needs that measures the service against the bare driver: the pool, and the very statements.

// SQL is the pool that changes go through. Whoever uses it passes by every rule of this package.
func (db *DB) SQL() *sql.DB { return db.write }

// Statements are the texts, by name, of the statements that read, make and change one task, and of the one that
// authenticates a token. Those of lists come from [DB.ListStatement].
func (db *DB) Statements() map[string]string {
	d := db.d
	return map[string]string{
		"token.authenticate":    d.render(authenticateSQL),
		"task.get":              d.render(getTaskSQL),
		"task.facets":           d.filled(facetsSQL, 1),
		"task.project_place":    d.render(projectPlaceSQL),
		"task.next_number":      d.render(nextNumberSQL),
		"task.read_number":      d.render(readNumberSQL),
		"task.insert":           d.render(insertTaskSQL),
		"task.insert_assignees": d.render(insertAssigneeSQL) + valuesOf("(?, ?, ?, ?, ?, ?, ?, ?)", 1),
		"task.insert_labels":    d.render(insertLabelSQL) + valuesOf("(?, ?, ?, ?, ?, ?)", 1),
		"task.lock":             d.render(lockTaskSQL),
		"task.update":           d.render(updateTaskSQL),
		"task.touch_assignees":  d.render(touchAssigneesSQL),
		"task.touch_labels":     d.render(touchLabelsSQL),
		"search.insert":         d.render(insertSearchSQL),
		"activity.insert":       d.render(insertActivitySQL),
	}
}

// ListStatement is the text and the arguments that list the tasks of a query. The query names no status.
func (db *DB) ListStatement(q task.Query) (string, []any, error) {
	b := listBuilder{d: db.d, q: q}
	return b.build()
}

// FacetsStatement is the text that reads the assignees and labels of n tasks; it takes their ids twice over.
func (db *DB) FacetsStatement(n int) string { return db.d.filled(facetsSQL, n) }

// StatsStatements are the texts of a project's statistics, for one week.
func (db *DB) StatsStatements() map[string]string {
	return map[string]string{"stats.by_status": countByStatusSQL, "stats.created": countCreatedSQL, "stats.completed": countCompletedSQL}
}
