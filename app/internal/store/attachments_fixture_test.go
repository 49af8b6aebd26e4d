package store_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/task-tracker/task-tracker/app/internal/attachment"
	"github.com/task-tracker/task-tracker/app/internal/auth"
	"github.com/task-tracker/task-tracker/app/internal/blob"
	"github.com/task-tracker/task-tracker/app/internal/store"
	"github.com/task-tracker/task-tracker/app/internal/testdb"
)

// clock is a time that tests move.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// shelf is a board with the attachment service on a disk store, all on one clock.
type shelf struct {
	board
	svc   *attachment.Service
	disk  *blob.Disk
	clock *clock
	// fail, where set, is what removing these bytes fails with.
	fail func(key string) error
}

// eachShelf runs a test on either engine.
func eachShelf(t *testing.T, fn func(t *testing.T, s *shelf)) {
	t.Helper()
	for _, engine := range []store.Engine{store.SQLite, store.MySQL} {
		t.Run(string(engine), func(t *testing.T) {
			t.Parallel()
			s := &shelf{clock: &clock{at: time.Now().UTC().Truncate(time.Microsecond)}, fail: func(string) error { return nil }}
			db := testdb.Open(t, engine, store.Options{Now: s.clock.now})
			var err error
			s.disk, err = blob.OpenDisk(t.TempDir(), blob.Options{SigningKey: make([]byte, 32), BaseURL: "http://127.0.0.1:1", Now: s.clock.now})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = s.disk.Close() })
			s.board = newBoard(t, db)
			limits := attachment.Limits{MaxSize: 1000, Types: []string{"image/*", "text/plain"}}
			s.svc = attachment.NewService(store.NewAttachments(db), shelfBlobs{s}, limits, s.clock.now)
			fn(t, s)
		})
	}
}

func (s *shelf) person(role auth.Role) auth.Principal { return s.people[role] }

func draft(content string) attachment.Draft {
	return attachment.Draft{Filename: "plan.txt", ContentType: "text/plain", Size: int64(len(content)), SHA256: attachment.Sum(sha256.Sum256([]byte(content))).String()}
}

func (s *shelf) reserve(t *testing.T, content string) attachment.Attachment {
	t.Helper()
	r, err := s.svc.Reserve(t.Context(), s.person(auth.RoleMember), s.task, draft(content))
	if err != nil {
		t.Fatal(err)
	}
	return r.Attachment
}

// upload sends the bytes. It takes a moment, so that what follows sorts behind what came before.
func (s *shelf) upload(t *testing.T, a attachment.Attachment, content string) {
	t.Helper()
	s.clock.pass(time.Millisecond)
	if err := s.disk.Put(t.Context(), a.Key, a.ContentType, int64(len(content)), bytes.NewReader([]byte(content))); err != nil {
		t.Error(err)
	}
}

func (s *shelf) ready(t *testing.T, content string) attachment.Attachment {
	t.Helper()
	a := s.reserve(t, content)
	s.upload(t, a, content)
	a, err := s.svc.Confirm(t.Context(), s.person(auth.RoleMember), a.ID)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// holds reports whether the disk has an attachment's bytes, and whether the database has its row.
func (s *shelf) holds(t *testing.T, a attachment.Attachment) (stored, row bool) {
	t.Helper()
	_, err := s.disk.Stat(context.WithoutCancel(t.Context()), a.Key)
	if err != nil && !errors.Is(err, blob.ErrNotFound) {
		t.Error(err)
	}
	return err == nil, store.TextForTest(t, s.db, `SELECT COUNT(*) FROM attachments WHERE id = ?`, a.ID[:]) == "1"
}

func (s *shelf) sweep(t *testing.T, want int) {
	t.Helper()
	if n, err := s.svc.Sweep(t.Context()); err != nil || n != want {
		t.Errorf("sweep removed %d, want %d: %v", n, want, err)
	}
}

// shelfBlobs fits the disk to the service.
type shelfBlobs struct{ s *shelf }

func (b shelfBlobs) SignUpload(ctx context.Context, a attachment.Attachment, expires time.Time) (attachment.Upload, error) {
	up, err := b.s.disk.SignUpload(ctx, blob.UploadRequest{Key: a.Key, ContentType: a.ContentType, Size: a.Size, SHA256: a.SHA256, Expires: expires})
	return attachment.Upload{Method: up.Method, URL: up.URL, Headers: up.Headers, Fields: up.Fields, ExpiresAt: up.Expires}, err
}

func (b shelfBlobs) SignDownload(ctx context.Context, a attachment.Attachment, expires time.Time) (attachment.Link, error) {
	down, err := b.s.disk.SignDownload(ctx, blob.DownloadRequest{Key: a.Key, Filename: a.Filename, ContentType: a.ContentType, Expires: expires})
	return attachment.Link{URL: down.URL, ExpiresAt: down.Expires}, err
}

func (b shelfBlobs) Stat(ctx context.Context, key string) (attachment.Stored, bool, error) {
	info, err := b.s.disk.Stat(ctx, key)
	if errors.Is(err, blob.ErrNotFound) {
		return attachment.Stored{}, false, nil
	}
	return attachment.Stored{Size: info.Size, SHA256: info.SHA256}, true, err
}

func (b shelfBlobs) Delete(ctx context.Context, key string) error {
	if err := b.s.fail(key); err != nil {
		return err
	}
	return b.s.disk.Delete(ctx, key)
}
