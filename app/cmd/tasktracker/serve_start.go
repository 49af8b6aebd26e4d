package main

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/task-tracker/task-tracker/app/internal/account"
	"github.com/task-tracker/task-tracker/app/internal/activity"
	"github.com/task-tracker/task-tracker/app/internal/attachment"
	"github.com/task-tracker/task-tracker/app/internal/blob"
	"github.com/task-tracker/task-tracker/app/internal/comment"
	"github.com/task-tracker/task-tracker/app/internal/config"
	"github.com/task-tracker/task-tracker/app/internal/httpapi"
	"github.com/task-tracker/task-tracker/app/internal/job"
	"github.com/task-tracker/task-tracker/app/internal/project"
	"github.com/task-tracker/task-tracker/app/internal/store"
	"github.com/task-tracker/task-tracker/app/internal/task"
	"github.com/task-tracker/task-tracker/app/internal/transfer"
	"github.com/task-tracker/task-tracker/app/internal/workspace"
)

// starter does what a process does behind its open listener: bring the schema up to date, open the API, run the jobs.
type starter struct {
	cfg *config.Config
	db  *store.DB
	api *httpapi.Server
	log *slog.Logger
	reg prometheus.Registerer

	unowned func()      // is called once the API is open, where the instance has no owner yet
	ready   atomic.Bool // the API has been opened
}

const (
	firstPause = 100 * time.Millisecond
	maxPause   = 5 * time.Second
)

// run tries until the database is there, then works until ctx ends.
func (s *starter) run(ctx context.Context) {
	live, parts, err := s.open(ctx)
	for pause := firstPause; err != nil; pause = min(2*pause, maxPause) {
		if ctx.Err() != nil {
			return
		}
		s.log.WarnContext(ctx, "not ready yet", slog.String("error", explain(err).Error()), slog.String("retry_in", pause.String()))
		select {
		case <-ctx.Done():
			return
		case <-time.After(pause):
		}
		live, parts, err = s.open(ctx)
	}
	s.api.Open(live)
	s.ready.Store(true)
	s.log.InfoContext(ctx, "ready")
	if owned, err := store.NewAccounts(s.db).HasOwner(ctx); err == nil && !owned {
		s.unowned()
	}
	s.jobs(parts).Run(ctx)
	parts.close()
}

// parts are what the background work uses of what was opened.
type parts struct {
	attachments *attachment.Service
	close       func()
}

// open makes one attempt. Whatever it has opened when it fails needs no closing.
func (s *starter) open(ctx context.Context) (live httpapi.Live, p parts, err error) {
	if s.cfg.Database.Migrate {
		err = s.db.Migrate(ctx, func(m store.Migration) {
			s.log.DebugContext(ctx, "migrated", slog.Int64("version", m.Version), slog.String("name", m.Name))
		})
		if err != nil {
			return live, p, err
		}
	}
	if err := s.db.Ready(ctx); err != nil {
		return live, p, err
	}
	cursorKey, err1 := s.db.Secret(ctx, "cursor")
	blobKey, err2 := s.db.Secret(ctx, "blob")
	if err := errors.Join(err1, err2); err != nil {
		return live, p, err
	}
	bytes, err := blob.Open(ctx, s.cfg.BlobURL, blob.Options{SigningKey: blobKey, BaseURL: s.cfg.PublicURL})
	if err != nil {
		return live, p, err
	}
	live.CursorKey = cursorKey
	live.Blobs, _ = bytes.(*blob.Disk) // nil for S3, which serves its own links

	tasks := store.NewTasks(s.db)
	p.attachments = attachment.NewService(store.NewAttachments(s.db), httpapi.AttachmentBlobs{Store: bytes},
		attachment.Limits{MaxSize: s.cfg.AttachmentMaxBytes, Types: s.cfg.AttachmentTypes}, time.Now)
	accounts := newAccounts(s.db, s.cfg, s.log)
	p.close = accounts.Close
	live.Authenticator = accounts
	live.Services = httpapi.Services{
		Accounts:    accounts,
		Workspaces:  workspace.NewService(store.NewWorkspaces(s.db), store.NewMembers(s.db), store.NewInvitations(s.db)),
		Projects:    project.NewService(store.NewProjects(s.db), store.NewStatuses(s.db), store.NewLabels(s.db)),
		Tasks:       task.NewService(tasks, tasks, tasks, tasks, time.Now),
		Comments:    comment.NewService(store.NewComments(s.db)),
		Attachments: p.attachments,
		Activity:    activity.NewService(store.NewActivity(s.db)),
		Transfers:   transfer.NewService(store.NewTransfers(s.db), bytes),
	}
	return live, p, nil
}

// newAccounts wires the service of accounts and tokens; close it before the database.
func newAccounts(db *store.DB, cfg *config.Config, log *slog.Logger) *account.Service {
	return account.NewService(store.NewAccountStores(db), account.Options{
		OpenSignup:     cfg.SignupOpen,
		BootstrapToken: cfg.BootstrapToken,
		OIDC: account.NewOIDC(account.OIDCOptions{
			Issuer: cfg.OIDC.Issuer, Audience: cfg.OIDC.Audience, ScopeClaims: cfg.OIDC.ScopeClaims, Scopes: cfg.OIDC.Scopes,
			DefaultScopes: cfg.OIDC.DefaultScopes, EmailVerified: cfg.OIDC.EmailVerified,
		}),
		OIDCSignup: cfg.OIDC.Signup,
		Log:        log,
	})
}

const (
	keepKeys   = 24 * time.Hour      // idempotency keys
	keepTokens = 30 * 24 * time.Hour // expired ones, so that their owners hear what is wrong with them
)

func (s *starter) jobs(p parts) *job.Runner {
	r := job.NewRunner(s.log, s.reg)
	r.Add(job.Job{Name: "purge_idempotency_keys", Every: 15 * time.Minute, Run: func(ctx context.Context) error {
		return s.db.PurgeIdempotencyKeys(ctx, time.Now().Add(-keepKeys))
	}})
	r.Add(job.Job{Name: "purge_tokens", Every: 6 * time.Hour, Timeout: 10 * time.Minute, Run: func(ctx context.Context) error {
		return s.db.PurgeTokens(ctx, time.Now().Add(-keepTokens))
	}})
	r.Add(job.Job{Name: "sweep_attachments", Every: 30 * time.Minute, Run: func(ctx context.Context) error {
		removed, err := p.attachments.Sweep(ctx)
		if removed > 0 {
			s.log.InfoContext(ctx, "attachments removed", slog.Int("count", removed))
		}
		return err
	}})
	r.Add(job.Job{Name: "release_deleted_accounts", Every: 10 * time.Second, Timeout: 10 * time.Minute, Run: s.db.ReleaseDeletedAccounts})
	r.Add(job.Job{Name: "detach_labels", Every: 10 * time.Second, Timeout: 10 * time.Minute, Run: s.db.DetachLabels})
	return r
}
