package account

import (
	"testing"

	"github.com/google/uuid"

	"github.com/task-tracker/task-tracker/app/internal/apperr"
	"github.com/task-tracker/task-tracker/app/internal/auth"
)

func TestClaimCheck(t *testing.T) {
	t.Parallel()
	a, b := uuid.New(), uuid.New()
	seat := func(w uuid.UUID, claimed, inviter auth.Role) Seat { return Seat{w, claimed, inviter} }
	for name, c := range map[string]struct {
		claim Claim
		want  bool
	}{
		"of a member by an admin":                        {Claim{Seats: []Seat{seat(a, auth.RoleMember, auth.RoleAdmin)}}, true},
		"of an admin by an admin":                        {Claim{Seats: []Seat{seat(a, auth.RoleAdmin, auth.RoleAdmin)}}, true},
		"of an owner by an admin":                        {Claim{Seats: []Seat{seat(a, auth.RoleOwner, auth.RoleAdmin)}}, false},
		"of an owner by an owner":                        {Claim{Seats: []Seat{seat(a, auth.RoleOwner, auth.RoleOwner)}}, true},
		"of a viewer by a member":                        {Claim{Seats: []Seat{seat(a, auth.RoleViewer, auth.RoleMember)}}, false},
		"where the inviter left":                         {Claim{Seats: []Seat{seat(a, auth.RoleViewer, auth.RoleNone)}}, false},
		"in two workspaces":                              {Claim{Seats: []Seat{seat(a, auth.RoleViewer, auth.RoleAdmin), seat(b, auth.RoleMember, auth.RoleOwner)}}, true},
		"in one of two":                                  {Claim{Seats: []Seat{seat(a, auth.RoleViewer, auth.RoleAdmin), seat(b, auth.RoleMember, auth.RoleNone)}}, false},
		"of one who is nowhere":                          {Claim{}, true},
		"by the instance's owner":                        {Claim{ByOwner: true, Seats: []Seat{seat(a, auth.RoleOwner, auth.RoleNone)}}, true},
		"of the instance's owner":                        {Claim{ByOwner: true, OfOwner: true}, false},
		"of the instance's owner by an owner":            {Claim{OfOwner: true, Seats: []Seat{seat(a, auth.RoleMember, auth.RoleOwner)}}, false},
		"with a bound token":                             {Claim{Within: a, Seats: []Seat{seat(a, auth.RoleMember, auth.RoleAdmin)}}, true},
		"with a bound token, of one who is elsewhere":    {Claim{Within: a, Seats: []Seat{seat(b, auth.RoleMember, auth.RoleOwner)}}, false},
		"with a bound token, of one who is also there":   {Claim{Within: a, Seats: []Seat{seat(a, auth.RoleMember, auth.RoleOwner), seat(b, auth.RoleViewer, auth.RoleOwner)}}, false},
		"with a bound token by the instance's owner":     {Claim{Within: a, ByOwner: true, Seats: []Seat{seat(b, auth.RoleMember, auth.RoleNone)}}, false},
		"with a bound token where the owner is an admin": {Claim{Within: a, ByOwner: true, Seats: []Seat{seat(a, auth.RoleMember, auth.RoleAdmin)}}, true},
	} {
		if err := c.claim.Check(); (err == nil) != c.want || err != nil && !apperr.Is(err, apperr.Forbidden) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
