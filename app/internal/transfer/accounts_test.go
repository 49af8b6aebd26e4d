package transfer_test

import (
	"bytes"
	"database/sql"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/task-tracker/task-tracker/app/internal/account"
	"github.com/task-tracker/task-tracker/app/internal/apperr"
	"github.com/task-tracker/task-tracker/app/internal/auth"
	"github.com/task-tracker/task-tracker/app/internal/store"
	"github.com/task-tracker/task-tracker/app/internal/transfer"
)

// nameless are accounts without an address: a service account, and a person and a service account that were deleted.
func nameless(at time.Time) (bot, gone, goneBot *transfer.Account) {
	bot = &transfer.Account{ID: uuid.New(), AccountKind: account.KindService, Name: "deploy bot", CreatedAt: at, UpdatedAt: at, Version: 2}
	gone = &transfer.Account{ID: uuid.New(), AccountKind: account.KindPerson, Name: "Deleted account", Deleted: true, CreatedAt: at, UpdatedAt: at, Version: 3}
	goneBot = &transfer.Account{ID: uuid.New(), AccountKind: account.KindService, Name: "old bot", Deleted: true, CreatedAt: at, UpdatedAt: at, Version: 2}
	return bot, gone, goneBot
}

// withNameless is a file whose first tasks were written by and are assigned to accounts without an address.
func withNameless(t *testing.T) (file []byte, bot, gone, goneBot *transfer.Account) {
	t.Helper()
	recs := records(t, everything(t))
	at := nth[transfer.Workspace](t, recs, 0).CreatedAt
	bot, gone, goneBot = nameless(at)
	var out []transfer.Record
	tasks := 0
	for _, r := range recs {
		if _, first := r.(*transfer.Project); first && tasks == 0 {
			out = append(out, bot, &transfer.Member{AccountID: bot.ID, Role: "admin", JoinedAt: at}, gone, goneBot)
			tasks++
		}
		if r, ok := r.(*transfer.Task); ok && tasks < 4 {
			r.AuthorID = []uuid.UUID{bot.ID, gone.ID, goneBot.ID}[tasks-1]
			r.AssigneeIDs = []uuid.UUID{bot.ID, gone.ID}
			tasks++
		}
		out = append(out, r)
	}
	return encode(t, out), bot, gone, goneBot
}

func TestAccountsWithoutAnAddressThereAndBack(t *testing.T) {
	t.Parallel()
	file, bot, gone, goneBot := withNameless(t)
	first := setup(t, store.SQLite)
	id := first.mustImport(t, file).WorkspaceID
	want := first.export(t, id)
	second := setup(t, store.MySQL)
	second.mustImport(t, want)
	if got := second.export(t, id); !bytes.Equal(want, got) {
		t.Fatalf("exports differ: %s", firstDifference(want, got))
	}
	accounts := 0
	for _, r := range records(t, want) {
		switch r := r.(type) {
		case *transfer.Account:
			for _, a := range []*transfer.Account{bot, gone, goneBot} {
				if r.ID == a.ID {
					accounts++
					if *r != *a {
						t.Errorf("got %+v, want %+v", r, a)
					}
				}
			}
		case *transfer.Task:
			for _, assigned := range r.AssigneeIDs {
				if assigned == gone.ID {
					t.Error("a deleted account is assigned to a task")
				}
			}
		}
	}
	if accounts != 3 {
		t.Errorf("%d of the three accounts are in the export", accounts)
	}
	for _, b := range []*bundle{first, second} {
		for a, wantDeleted := range map[*transfer.Account]bool{bot: false, gone: true, goneBot: true} {
			var workspace []byte
			var fold sql.NullString
			var deleted, leaving sql.NullInt64
			err := b.peek.QueryRowContext(t.Context(), "SELECT workspace_id, email_fold, deleted_at, leaving_at FROM accounts WHERE id = ?", a.ID[:]).Scan(&workspace, &fold, &deleted, &leaving)
			if err != nil || fold.Valid || deleted.Valid != wantDeleted || leaving.Valid || bytes.Equal(workspace, id[:]) != (a.AccountKind == account.KindService) {
				t.Errorf("%s: workspace %x, address %v, deleted %v, %v", a.Name, workspace, fold, deleted, err)
			}
		}
		// The program is a member like any other: it may export, once it has a token.
		p := auth.Principal{AccountID: bot.ID, Workspace: id, Scopes: auth.Scopes()}
		if err := b.svc.MayExport(t.Context(), p, id); err != nil {
			t.Error(err)
		}
	}
}

// TestAccountsWithoutAnAddressAreNobodyElse imports files that name the ids of accounts that are here.
func TestAccountsWithoutAnAddressAreNobodyElse(t *testing.T) {
	t.Parallel()
	file, bot, gone, _ := withNameless(t)
	each(t, func(t *testing.T, b *bundle) {
		id := b.mustImport(t, file).WorkspaceID
		recs := records(t, file)
		w, owner := nth[transfer.Workspace](t, recs, 0), nth[transfer.Account](t, recs, 0)
		w.ID = uuid.New()
		entry := func(actor uuid.UUID) *transfer.Activity {
			return &transfer.Activity{
				ID: uuid.New(), ActorID: actor, Action: "workspace.created", EntityType: "workspace", EntityID: w.ID, Changes: []byte(`[]`), CreatedAt: w.CreatedAt,
			}
		}
		second := encode(t, []transfer.Record{
			w, owner, &transfer.Member{AccountID: owner.ID, Role: "owner", JoinedAt: w.CreatedAt},
			bot, &transfer.Member{AccountID: bot.ID, Role: "admin", JoinedAt: w.CreatedAt}, gone, entry(bot.ID), entry(gone.ID),
		})
		if sum := b.mustImport(t, second); sum.AccountsCreated != 1 || sum.AccountsMatched != 2 {
			t.Errorf("summary: %+v", sum)
		}
		actors := map[uuid.UUID]bool{}
		for _, r := range records(t, b.export(t, w.ID)) {
			if r, ok := r.(*transfer.Activity); ok {
				actors[r.ActorID] = true
			}
		}
		if actors[bot.ID] || !actors[gone.ID] || len(actors) != 2 {
			t.Errorf("actors %v: a living service account must be another one, a deleted account may be the same", actors)
		}
		if err := b.svc.MayExport(t.Context(), auth.Principal{AccountID: bot.ID, Scopes: auth.Scopes()}, w.ID); !apperr.Is(err, apperr.NotFound) {
			t.Errorf("the first workspace's service account in the second one: %v", err)
		}
		if err := b.svc.MayExport(t.Context(), auth.Principal{AccountID: bot.ID, Scopes: auth.Scopes()}, id); err != nil {
			t.Error(err)
		}
	})
}

func TestFaultsOfAccountsWithoutAnAddress(t *testing.T) {
	t.Parallel()
	base := everything(t)
	for want, change := range map[string]func(bot, gone *transfer.Account, bots, gones *transfer.Member){
		"/kind":                      func(bot, _ *transfer.Account, _, _ *transfer.Member) { bot.AccountKind = "robot" },
		"must be null":               func(bot, _ *transfer.Account, _, _ *transfer.Member) { bot.Email = "bot@example.com" },
		"null for a service account": func(_, gone *transfer.Account, _, _ *transfer.Member) { gone.Email = "gone@example.com" },
		"must be an e-mail address": func(bot, _ *transfer.Account, _, _ *transfer.Member) {
			bot.AccountKind = account.KindPerson
		},
		"/role":                func(_, _ *transfer.Account, bots, _ *transfer.Member) { bots.Role = "owner" },
		"is a deleted account": func(_, gone *transfer.Account, _, gones *transfer.Member) { gones.AccountID = gone.ID },
	} {
		recs := records(t, base)
		w, owner := nth[transfer.Workspace](t, recs, 0), nth[transfer.Account](t, recs, 0)
		bot, gone, _ := nameless(w.CreatedAt)
		bots, gones := &transfer.Member{AccountID: bot.ID, Role: "viewer", JoinedAt: w.CreatedAt}, &transfer.Member{AccountID: owner.ID, Role: "owner", JoinedAt: w.CreatedAt}
		change(bot, gone, bots, gones)
		_, err := transfer.NewService(nowhere{}, nil).Import(t.Context(), operator(), bytes.NewReader(encode(t, []transfer.Record{w, owner, bot, gone, bots, gones})), true)
		if !apperr.Is(err, apperr.ValidationFailed) || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}
