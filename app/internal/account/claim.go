package account

import (
	"slices"

	"github.com/google/uuid"

	"github.com/task-tracker/task-tracker/app/internal/apperr"
	"github.com/task-tracker/task-tracker/app/internal/auth"
)

// Claim is a sign-up with an invitation to the address of an account that nobody can log in to, as an import makes them.
// Who makes an invitation sees its token, so a claim must give nobody more than the inviter could do anyway.
type Claim struct {
	// OfOwner is set where the claimed account owns the instance.
	OfOwner bool
	// ByOwner is set where the inviter owns the instance.
	ByOwner bool
	// Within is the one workspace that the invitation was made in by a principal that is bound to it; zero for others.
	Within uuid.UUID
	// Seats are what the two are in the workspaces of the claimed account, those among them that may yet be restored.
	Seats []Seat
}

// Seat is a workspace of a claimed account: its role there, and the inviter's.
type Seat struct {
	Workspace        uuid.UUID
	Claimed, Inviter auth.Role
}

// Check decides whether the account may be claimed: forbidden.
func (c Claim) Check() error {
	mayMake := func(s Seat) bool {
		need := auth.RoleAdmin
		if s.Claimed == auth.RoleOwner {
			need = auth.RoleOwner
		}
		return s.Inviter.AtLeast(need) && (c.Within == uuid.Nil || c.Within == s.Workspace)
	}
	unlimited := c.ByOwner && c.Within == uuid.Nil
	if !c.OfOwner && (unlimited || !slices.ContainsFunc(c.Seats, func(s Seat) bool { return !mayMake(s) })) {
		return nil
	}
	return apperr.New(apperr.Forbidden, "The account with this e-mail address came with an import, and nobody has signed "+
		"in to it yet. This invitation does not open it: that takes one to the address from the instance's owner, or from "+
		"somebody who is an administrator of every workspace that the account is in, and an owner of those that it owns. The operator of the server can set its password with `tasktracker user password`.")
}

// Taken is the failure for an address that an account has: already_exists. It is the same whether or not somebody can sign in
// to the account, which is nobody else's business.
func Taken(cause error) error {
	return apperr.Wrap(cause, apperr.AlreadyExists, "There is an account with this e-mail address: sign in to it. "+
		"Where it came with an import and nobody has signed in to it yet, sign up with an invitation to this address, "+
		"which an administrator of its workspaces or the instance's owner can make.")
}

// ErrNameNeeded is the failure for a new account without a name. One that is claimed has one.
var ErrNameNeeded = apperr.Invalid("/name", "required", "must have at least 1 visible character(s)")
