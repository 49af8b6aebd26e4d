package e2e

import (
	"net/http"
	"testing"

	"github.com/task-tracker/task-tracker/app/internal/store"
)

// TestNamesAreComparedByCaseFolding makes labels, statuses, accounts and invitations whose names differ in case only, in
// letters for which lower case is not enough.
func TestNamesAreComparedByCaseFolding(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, engine store.Engine) {
		d := newOffice(t, options{engine: engine})
		at := "/v1/projects/" + d.project
		for _, kind := range []struct {
			path string
			more object
		}{{"/labels", object{"color": "#112233"}}, {"/statuses", object{"category": "todo"}}} {
			add := func(name string) *response {
				kind.more["name"] = name
				return d.ada.post(at+kind.path, kind.more)
			}
			add("ΟΔΟΣ").want(http.StatusCreated)
			other := add("Straße").want(http.StatusCreated)
			for _, name := range []string{"οδος", " οδοσ ", "STRASSE", "straße", "STRAẞE"} {
				add(name).problem(http.StatusConflict, "already_exists")
			}
			d.ada.patch(other.location(), object{"name": "οδος"}).problem(http.StatusConflict, "already_exists")
			d.ada.patch(other.location(), object{"name": "STRASSE"}).want(http.StatusOK)
			add("ısparta").want(http.StatusCreated) // the Turkish letter is one of its own
			add("ISPARTA").want(http.StatusCreated)
		}

		sign := func(address string) *response {
			return d.anonymous().post("/v1/signup", object{"email": address, "password": password, "name": "X"})
		}
		made := sign("ΟΔΟΣ@bücher.example").want(http.StatusCreated)
		if got := made.str("account", "email"); got != "οδοσ@bücher.example" {
			t.Errorf("the address is shown as %q", got)
		}
		for _, address := range []string{"οδος@bücher.example", "οδοσ@BÜCHER.example", "ΟΔΟΣ@xn--bcher-kva.example"} {
			sign(address).problem(http.StatusConflict, "already_exists")
			d.anonymous().post("/v1/sessions", object{"email": address, "password": password}).want(http.StatusCreated)
		}
		sign("strauß@example.com").want(http.StatusCreated)
		sign("strauss@example.com").want(http.StatusCreated) // may be somebody else's

		invited := d.ada.post("/v1/workspaces/"+d.workspace+"/invitations", object{"role": "member", "email": "οδος@bücher.example"}).want(http.StatusCreated)
		d.as(made.str("token")).post("/v1/invitations/accept", object{"token": invited.str("token")}).want(http.StatusOK)
		d.ada.post("/v1/workspaces/"+d.workspace+"/invitations", object{"role": "member", "email": "ΟΔΟΣ@bücher.example"}).problem(http.StatusConflict, "already_exists")
	})
}

// TestPasswordIsTheSameFromEveryKeyboard signs up with é as one character and in with it as two.
func TestPasswordIsTheSameFromEveryKeyboard(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, engine store.Engine) {
		s := start(t, options{engine: engine})
		address := email("zoe")
		s.anonymous().post("/v1/signup", object{"email": address, "password": "caf\u00e9 au lait", "name": "Zoé"}).want(http.StatusCreated)
		s.anonymous().post("/v1/sessions", object{"email": address, "password": "cafe\u0301 au lait"}).want(http.StatusCreated)
		s.anonymous().post("/v1/sessions", object{"email": address, "password": "cafe au lait"}).problem(http.StatusUnauthorized, "unauthenticated")
		s.anonymous().post("/v1/signup", object{"email": email("yan"), "password": "e\u0301e\u0301e\u0301e\u0301e\u0301", "name": "Y"}).problem(http.StatusUnprocessableEntity, "validation_failed")
	})
}
