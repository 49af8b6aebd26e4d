package store_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/task-tracker/task-tracker/app/internal/account"
	"github.com/task-tracker/task-tracker/app/internal/activity"
	"github.com/task-tracker/task-tracker/app/internal/apperr"
	"github.com/task-tracker/task-tracker/app/internal/auth"
	"github.com/task-tracker/task-tracker/app/internal/store"
	"github.com/task-tracker/task-tracker/app/internal/task"
	"github.com/task-tracker/task-tracker/app/internal/testdb"
)

func agree(account.Leaving) error { return nil }

// TestDeletedAccountLeavesItsTasks deletes an account that more tasks have than one transaction changes: it is taken off all,
// each a change of the task with its version, its time and its entry, and the tokens are taken out of what it did.
func TestDeletedAccountLeavesItsTasks(t *testing.T) {
	t.Parallel()
	for _, engine := range []store.Engine{store.SQLite, store.MySQL} {
		t.Run(string(engine), func(t *testing.T) {
			t.Parallel()
			var mu sync.Mutex
			var passed time.Duration
			db := testdb.Open(t, engine, store.Options{Now: func() time.Time {
				mu.Lock()
				defer mu.Unlock()
				return time.Now().Add(passed)
			}})
			w, ctx := setup(t, db), t.Context()
			log := activity.NewService(store.NewActivity(db))
			const tasks = 230
			var made []task.Task
			both := []uuid.UUID{w.member.AccountID, w.admin.AccountID}
			w.member.TokenID, w.member.TokenName = newID(), "Mia's laptop"
			for range tasks {
				made = append(made, w.create(t, task.CreateInput{Title: "T", AssigneeIDs: both}))
			}
			bare := w.create(t, task.CreateInput{Title: "of another", AssigneeIDs: both[1:]})
			accounts := store.NewAccounts(db)
			if err := accounts.Delete(ctx, w.member, agree); err != nil {
				t.Fatal(err)
			}
			_, err := accounts.Get(ctx, w.member.AccountID)
			requireCode(t, err, apperr.NotFound)
			requireCode(t, accounts.Delete(ctx, w.member, agree), apperr.NotFound)
			_, err = w.tasks.Create(ctx, w.admin, w.project, task.CreateInput{Title: "late", AssigneeIDs: both})
			requireCode(t, err, apperr.ValidationFailed, "/assignee_ids/0")
			_, err = w.tasks.Create(ctx, w.member, w.project, task.CreateInput{Title: "late"})
			requireCode(t, err, apperr.NotFound)

			for range 2 { // once soon after, and once when nothing can be under way any more
				if err := db.ReleaseDeletedAccounts(ctx); err != nil {
					t.Fatal(err)
				}
				mu.Lock()
				passed += 2 * time.Minute
				mu.Unlock()
			}
			for _, before := range made {
				got, err := w.tasks.Get(ctx, w.viewer, before.ID)
				if err != nil || len(got.Assignees) != 1 || got.Assignees[0].ID != w.admin.AccountID || got.Version != 2 || !got.UpdatedAt.After(before.UpdatedAt) {
					t.Fatalf("%v %+v", err, got)
				}
				if got.Author.Name != account.DeletedName {
					t.Errorf("the author is %q", got.Author.Name)
				}
				entries := history(t, log, w.viewer, activity.OfTask, before.ID, 10)
				if len(entries) != 2 || entries[0].ActorID != w.member.AccountID || len(entries[0].Changes) != 1 || entries[0].Changes[0].Field != "assignee_ids" {
					t.Fatalf("%+v", entries)
				}
				if entries[1].TokenName != "" || entries[1].TokenID != nil {
					t.Fatalf("the token is still named: %+v", entries[1])
				}
				want := [2]string{fmt.Sprintf(`["%s","%s"]`, w.admin.AccountID, w.member.AccountID), fmt.Sprintf(`["%s"]`, w.admin.AccountID)}
				got2 := [2]string{string(entries[0].Changes[0].From), string(entries[0].Changes[0].To)}
				if diff := cmp.Diff(want, got2); diff != "" {
					t.Fatal(diff)
				}
			}
			if got, err := w.tasks.Get(ctx, w.viewer, bare.ID); err != nil || got.Version != 1 {
				t.Errorf("a task of another: %v %+v", err, got)
			}
			sorted, _, err := w.tasks.List(ctx, w.viewer, task.Query{ProjectID: w.project, Assignee: &w.admin.AccountID, Sort: task.Sort{Field: task.SortUpdated}, Limit: 1})
			if err != nil || len(sorted) != 1 || sorted[0].ID != bare.ID {
				t.Errorf("by the time of the last change: %v %+v", err, sorted)
			}
			if err := db.ReleaseDeletedAccounts(ctx); err != nil {
				t.Errorf("with nothing to do: %v", err)
			}
		})
	}
}

// TestDeletionBesideOtherChanges deletes an account while it is invited, joins, makes tokens and workspaces, and is assigned
// tasks: whatever comes first, the account has nothing afterwards.
func TestDeletionBesideOtherChanges(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *store.DB) {
		w, ctx := setup(t, db), context.Background()
		accounts, tokens, workspaces, invitations := store.NewAccounts(db), store.NewTokens(db), store.NewWorkspaces(db), store.NewInvitations(db)
		for round := range 5 {
			p := w.person(t, fmt.Sprint("Leaver ", round), auth.RoleMember)
			together(8, func(i int) {
				var err error
				switch i {
				case 0, 1:
					err = accounts.Delete(ctx, p, agree)
				case 2, 3:
					_, err = tokens.Create(ctx, p, account.NewToken{Kind: account.KindPersonal, Name: "t", Hash: account.NewSecret(account.TokenPrefix).Hash, Scopes: auth.Scopes()})
				case 4:
					_, err = workspaces.Create(ctx, p, "Hers")
				case 5:
					secret := account.NewSecret(account.InvitationPrefix)
					w.exec(t, `INSERT INTO invitations (id, workspace_id, email, email_fold, role, hash, invited_by, bound, created_at, expires_at) VALUES (?, ?, '', '', 'viewer', ?, ?, 0, ?, ?)`,
						bytesOf(newID()), w.workspace[:], secret.Hash[:], w.owner.AccountID[:], time.Now().UnixMicro(), time.Now().Add(time.Hour).UnixMicro())
					_, err = invitations.Accept(ctx, p, secret.Hash)
				default:
					_, err = w.tasks.Create(ctx, w.admin, w.project, task.CreateInput{Title: "T", AssigneeIDs: []uuid.UUID{p.AccountID}})
				}
				if e := apperr.From(err); err != nil && (e.Code == apperr.Internal || e.Code == apperr.Unavailable) {
					t.Error(err)
				}
			})
			// A workspace that was made first stands in the way.
			err := accounts.Delete(ctx, p, agree)
			if apperr.Is(err, apperr.Conflict) {
				continue
			}
			requireCode(t, err, apperr.NotFound)
			if err := db.ReleaseDeletedAccounts(ctx); err != nil {
				t.Fatal(err)
			}
			for _, text := range []string{"SELECT COUNT(*) FROM tokens WHERE account_id = ?", "SELECT COUNT(*) FROM members WHERE account_id = ?", "SELECT COUNT(*) FROM task_assignees WHERE account_id = ?"} {
				var n int
				if err := db.Pool().QueryRowContext(ctx, text, p.AccountID[:]).Scan(&n); err != nil || n != 0 {
					t.Errorf("%s: %d, %v", text, n, err)
				}
			}
		}
	})
}

func bytesOf(id uuid.UUID) []byte { return id[:] }
