package workspace

import (
	"time"

	"github.com/google/uuid"

	"github.com/task-tracker/task-tracker/app/internal/account"
	"github.com/task-tracker/task-tracker/app/internal/apperr"
	"github.com/task-tracker/task-tracker/app/internal/auth"
)

// InvitationTTL is how long an invitation can be accepted.
const InvitationTTL = 7 * 24 * time.Hour

// Invitation lets one person into a workspace.
type Invitation struct {
	ID          uuid.UUID
	WorkspaceID uuid.UUID
	// Email is who may accept it, in lower case; empty for whoever has the token.
	Email      string
	Role       auth.Role
	InvitedBy  Person
	CreatedAt  time.Time
	ExpiresAt  time.Time
	AcceptedAt *time.Time
}

// CreatedInvitation is an Invitation with its secret, which is shown this once.
type CreatedInvitation struct {
	Invitation
	Secret string
}

// InvitationInput is what an invitation is made from. Email is nil to invite whoever has the token.
type InvitationInput struct {
	Email *string
	Role  auth.Role
}

// Validate checks the fields: validation_failed, naming all faults.
func (in InvitationInput) Validate() error {
	var f apperr.Fields
	if in.Email != nil && !account.ValidEmail(*in.Email) {
		f.Add("/email", "invalid_email", "must be an e-mail address such as ada@example.com, at most %d characters long", account.MaxEmailLen)
	}
	checkRole(&f, in.Role)
	return f.Err()
}

func checkRole(f *apperr.Fields, r auth.Role) {
	if !r.Valid() {
		f.Add("/role", "invalid_value", "must be viewer, member, admin or owner")
	}
}

// ErrInvitationGone is the failure for an invitation that cannot be accepted any more.
var ErrInvitationGone = apperr.New(apperr.Gone, "The invitation was used or revoked, or it has expired. Ask for a new one.")

// Acceptable decides whether the person with that e-mail may accept the invitation now: gone, forbidden.
func (i Invitation) Acceptable(email string, now time.Time) error {
	switch {
	case i.AcceptedAt != nil, !now.Before(i.ExpiresAt):
		return ErrInvitationGone
	case i.Email != "" && account.FoldEmail(i.Email) != account.FoldEmail(email):
		return apperr.New(apperr.Forbidden, "The invitation is meant for another e-mail address than the account's.")
	}
	return nil
}
