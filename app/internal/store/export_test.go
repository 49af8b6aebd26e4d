package store

import (
	"context"
	"database/sql"

	"github.com/task-tracker/task-tracker/app/internal/task"
)

// What the tests in package store_test may see.

// Exec runs a statement in either engine's form, for fixtures.
func (db *DB) Exec(ctx context.Context, text string, args ...any) error {
	_, err := conn{q: db.write, db: db}.exec(ctx, "test", text, args...)
	return err
}

// Pool is the pool that reads use.
func (db *DB) Pool() *sql.DB { return db.read }

// ListStatement is the statement that lists the tasks of a query, with its arguments, as List would run it; what List
// asks before runs on c.
func (s *Tasks) ListStatement(ctx context.Context, on *sql.Conn, q task.Query) (string, []any, error) {
	b, c := listBuilder{d: s.db.d, q: q}, conn{q: on, db: s.db}
	if len(q.StatusIDs) > 0 {
		found, err := statusCategories(ctx, c, q.StatusIDs)
		if err != nil {
			return "", nil, err
		}
		b.narrow(found)
	}
	if err := b.choose(ctx, c); err != nil {
		return "", nil, err
	}
	return b.build()
}

// PersonalStatements are the statements of a person's export, in the engine's form; each takes n arguments.
func (db *DB) PersonalStatements() map[string]int {
	out, e := map[string]int{}, personalExport{c: db.reader()}
	for text, n := range map[string]int{
		personalIdentitiesSQL: 1, personalMembershipsSQL: 3, personalTokensSQL: 3, personalMadeSQL: 4, personalAcceptedSQL: 3, personalInvitedSQL: 3,
		e.by(personalAuthoredSQL, "tasks_author"): 4, personalAssignedSQL: 4, e.by(personalCommentsSQL, "comments_author"): 4, personalRevisionsSQL: 3,
		e.by(personalAttachmentsSQL, "attachments_author"): 4, e.by(personalActivitySQL, "activity_actor"): 4,
		// of the deletion
		endTokensSQL: 1, membershipsSQL: 1, othersSQL: 2, invitationsToSQL: 1, assignedTasksSQL: 2, e.by(tokenNamesSQL, "activity_actor"): 5, leavingAccountsSQL: 0,
		// of the claim and of service accounts
		claimSeatsSQL: 4, listServiceAccountsSQL: 3, countServiceAccountsSQL: 1, listSessionsSQL: 5,
	} {
		out[db.d.render(text)] = n
	}
	return out
}
