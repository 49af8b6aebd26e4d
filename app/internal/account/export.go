package account

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/task-tracker/task-tracker/app/internal/apperr"
	"github.com/task-tracker/task-tracker/app/internal/auth"
)

// ExportFormat and ExportVersion stand in the header of a person's export.
const (
	ExportFormat  = "tasktracker.account"
	ExportVersion = 1
)

// The lines of an export, in their order. Each is what is kept of its object that has to do with the account, under the names
// that the API has for it.
type (
	// ExportedAccount is the account itself.
	ExportedAccount struct {
		ID            uuid.UUID `json:"id"`
		Email         string    `json:"email"`
		Name          string    `json:"name"`
		InstanceOwner bool      `json:"instance_owner"`
		HasPassword   bool      `json:"has_password"`
		CreatedAt     time.Time `json:"created_at"`
		UpdatedAt     time.Time `json:"updated_at"`
		Version       int64     `json:"version"`
	}
	// ExportedIdentity is the account as an identity provider knows it.
	ExportedIdentity struct {
		Issuer    string    `json:"issuer"`
		Subject   string    `json:"subject"`
		CreatedAt time.Time `json:"created_at"`
	}
	// ExportedMembership is a workspace that the account is in.
	ExportedMembership struct {
		WorkspaceID uuid.UUID `json:"workspace_id"`
		Workspace   string    `json:"workspace"`
		Role        auth.Role `json:"role"`
		JoinedAt    time.Time `json:"joined_at"`
	}
	// ExportedToken is a personal access token or a session, without its secret.
	ExportedToken struct {
		ID          uuid.UUID    `json:"id"`
		Kind        Kind         `json:"kind"`
		Name        string       `json:"name"`
		Scopes      []auth.Scope `json:"scopes"`
		WorkspaceID *uuid.UUID   `json:"workspace_id"`
		UserAgent   string       `json:"user_agent"`
		Address     string       `json:"address"`
		CreatedAt   time.Time    `json:"created_at"`
		ExpiresAt   *time.Time   `json:"expires_at"`
		LastUsedAt  *time.Time   `json:"last_used_at"`
	}
	// ExportedInvitation is an invitation that the account made, accepted or could accept.
	ExportedInvitation struct {
		ID          uuid.UUID  `json:"id"`
		WorkspaceID uuid.UUID  `json:"workspace_id"`
		Made        bool       `json:"made"`
		Email       string     `json:"email"`
		Role        auth.Role  `json:"role"`
		CreatedAt   time.Time  `json:"created_at"`
		ExpiresAt   time.Time  `json:"expires_at"`
		AcceptedAt  *time.Time `json:"accepted_at"`
	}
	// ExportedTask is a task that the account wrote or is assigned to.
	ExportedTask struct {
		ID          uuid.UUID  `json:"id"`
		WorkspaceID uuid.UUID  `json:"workspace_id"`
		ProjectID   uuid.UUID  `json:"project_id"`
		Key         string     `json:"key"`
		Author      bool       `json:"author"`
		Assigned    bool       `json:"assigned"`
		Title       string     `json:"title"`
		Description string     `json:"description"`
		Status      string     `json:"status"`
		Priority    string     `json:"priority"`
		StartDate   *string    `json:"start_date"`
		DueDate     *string    `json:"due_date"`
		Estimate    *int64     `json:"estimate"`
		CreatedAt   time.Time  `json:"created_at"`
		UpdatedAt   time.Time  `json:"updated_at"`
		CompletedAt *time.Time `json:"completed_at"`
		Version     int64      `json:"version"`
	}
	// ExportedComment is a comment that the account wrote.
	ExportedComment struct {
		ID          uuid.UUID `json:"id"`
		WorkspaceID uuid.UUID `json:"workspace_id"`
		TaskID      uuid.UUID `json:"task_id"`
		Body        string    `json:"body"`
		Edited      bool      `json:"edited"`
		CreatedAt   time.Time `json:"created_at"`
		UpdatedAt   time.Time `json:"updated_at"`
		Version     int64     `json:"version"`
	}
	// ExportedRevision is what a comment of the account said before.
	ExportedRevision struct {
		CommentID uuid.UUID `json:"comment_id"`
		Version   int64     `json:"version"`
		Body      string    `json:"body"`
		CreatedAt time.Time `json:"created_at"`
	}
	// ExportedAttachment is a file that the account attached, without its bytes.
	ExportedAttachment struct {
		ID          uuid.UUID  `json:"id"`
		WorkspaceID uuid.UUID  `json:"workspace_id"`
		TaskID      uuid.UUID  `json:"task_id"`
		Filename    string     `json:"filename"`
		ContentType string     `json:"content_type"`
		Size        int64      `json:"size"`
		SHA256      string     `json:"sha256"`
		CreatedAt   time.Time  `json:"created_at"`
		ConfirmedAt *time.Time `json:"confirmed_at"`
	}
	// ExportedActivity is something that the account did.
	ExportedActivity struct {
		ID          uuid.UUID       `json:"id"`
		WorkspaceID uuid.UUID       `json:"workspace_id"`
		ProjectID   *uuid.UUID      `json:"project_id"`
		TaskID      *uuid.UUID      `json:"task_id"`
		Action      string          `json:"action"`
		EntityType  string          `json:"entity_type"`
		EntityID    uuid.UUID       `json:"entity_id"`
		Changes     json.RawMessage `json:"changes"`
		TokenName   string          `json:"token_name"`
		CreatedAt   time.Time       `json:"created_at"`
	}
)

// exportType is the `type` of a line.
func exportType(record any) string {
	switch record.(type) {
	case *ExportedAccount:
		return "account"
	case *ExportedIdentity:
		return "identity"
	case *ExportedMembership:
		return "membership"
	case *ExportedToken:
		return "token"
	case *ExportedInvitation:
		return "invitation"
	case *ExportedTask:
		return "task"
	case *ExportedComment:
		return "comment"
	case *ExportedRevision:
		return "comment_revision"
	case *ExportedAttachment:
		return "attachment"
	case *ExportedActivity:
		return "activity"
	}
	return ""
}

// ExportStore reads all that has to do with an account.
type ExportStore interface {
	// Export hands yield pointers to the types above, in their order, of the workspaces that the account is a member of, and
	// holds one page of them at a time. What changes meanwhile may be in it or not. Errors: not_found, of yield.
	Export(ctx context.Context, id uuid.UUID, yield func(record any) error) error
}

// maxExports is how many people's exports may run at once, one of each person: each holds a page of rows while its reader
// takes it.
const maxExports = 4

// exports counts those that run.
type exports struct {
	mu      sync.Mutex
	running map[uuid.UUID]bool
}

func (e *exports) begin(id uuid.UUID) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	switch {
	case e.running[id]:
		return apperr.New(apperr.Unavailable, "An export of this account is running already. Try again when it is done.")
	case len(e.running) >= maxExports:
		return apperr.New(apperr.Unavailable, "%d exports are running already, which is as many as may. Try again when one of them is done.", maxExports)
	}
	e.running[id] = true
	return nil
}

func (e *exports) end(id uuid.UUID) {
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.running, id)
}

// Export writes all that is kept of the principal's account to w, a JSON object a line; an error after the first byte leaves
// w without a trailer, by which a reader knows. It takes the scope admin. Errors: unavailable while as many run as may.
func (s *Service) Export(ctx context.Context, p auth.Principal, w io.Writer) error {
	if err := p.MayAccount(auth.AccountExport); err != nil {
		return err
	}
	if err := s.exports.begin(p.AccountID); err != nil {
		return err
	}
	defer s.exports.end(p.AccountID)
	out := newExportWriter(w)
	header := struct {
		Format  string `json:"format"`
		Version int    `json:"version"`
	}{ExportFormat, ExportVersion}
	begun := false
	err := s.stores.Exports.Export(ctx, p.AccountID, func(record any) error {
		if !begun {
			begun = true
			if err := out.write("header", header); err != nil {
				return err
			}
		}
		kind := exportType(record)
		if kind == "" {
			return fmt.Errorf("account: a record of type %T cannot be exported", record)
		}
		return out.write(kind, record)
	})
	if err != nil {
		return err
	}
	return out.close()
}

// exportWriter writes the lines, and last one that counts them and has the SHA-256 of all before it.
type exportWriter struct {
	out    *bufio.Writer
	sum    hash.Hash
	counts map[string]int64
	buf    bytes.Buffer
	enc    *json.Encoder
}

func newExportWriter(w io.Writer) *exportWriter {
	out := &exportWriter{out: bufio.NewWriterSize(w, 64<<10), sum: sha256.New(), counts: map[string]int64{}}
	out.enc = json.NewEncoder(&out.buf)
	out.enc.SetEscapeHTML(false)
	return out
}

func (w *exportWriter) write(kind string, record any) error {
	w.buf.Reset()
	if err := w.enc.Encode(record); err != nil {
		return fmt.Errorf("%s: %w", kind, err)
	}
	w.counts[kind]++
	for _, part := range [][]byte{[]byte(`{"type":"` + kind + `",`), w.buf.Bytes()[1:]} { // the record's own brace makes way; the encoder ends the line
		w.sum.Write(part)
		if _, err := w.out.Write(part); err != nil {
			return err
		}
	}
	return nil
}

func (w *exportWriter) close() error {
	trailer := struct {
		Counts map[string]int64 `json:"counts"`
		SHA256 string           `json:"sha256"`
	}{w.counts, hex.EncodeToString(w.sum.Sum(nil))}
	return errors.Join(w.write("trailer", trailer), w.out.Flush())
}
