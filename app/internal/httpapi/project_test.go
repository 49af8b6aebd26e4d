package httpapi_test

import (
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/task-tracker/task-tracker/app/api"
	"github.com/task-tracker/task-tracker/app/internal/account"
	"github.com/task-tracker/task-tracker/app/internal/activity"
	"github.com/task-tracker/task-tracker/app/internal/auth"
	"github.com/task-tracker/task-tracker/app/internal/httpapi"
	"github.com/task-tracker/task-tracker/app/internal/project"
	"github.com/task-tracker/task-tracker/app/internal/store"
	"github.com/task-tracker/task-tracker/app/internal/testdb"
	"github.com/task-tracker/task-tracker/app/internal/workspace"
)

// newProjectDesk serves projects and activity; the caller owns the workspace whose path it returns.
func newProjectDesk(t *testing.T) (desk, string) {
	t.Helper()
	db := testdb.Open(t, store.SQLite, store.Options{})
	accounts := store.NewAccounts(db)
	ada, err := account.NewService(account.Stores{Accounts: accounts, Identities: accounts, Tokens: store.NewTokens(db)}, account.Options{}).
		CreateUser(t.Context(), "ada@example.com", "Ada", "correct horse battery")
	if err != nil {
		t.Fatal(err)
	}
	p := auth.Principal{AccountID: ada.ID, Name: "Ada", TokenID: store.NewID(ada.CreatedAt), TokenName: "ci", Scopes: auth.Scopes()}
	acme, err := workspace.NewService(store.NewWorkspaces(db), store.NewMembers(db), store.NewInvitations(db)).Create(t.Context(), p, "Acme")
	if err != nil {
		t.Fatal(err)
	}
	server := httpapi.New(httpapi.Options{})
	listener := httptest.NewServer(server)
	t.Cleanup(listener.Close)
	server.Open(httpapi.Live{
		Services: httpapi.Services{
			Projects: project.NewService(store.NewProjects(db), store.NewStatuses(db), store.NewLabels(db)),
			Activity: activity.NewService(store.NewActivity(db)),
		},
		Authenticator: tokenOf{p},
		CursorKey:     make([]byte, 32),
	})
	return desk{url: listener.URL}, "/v1/workspaces/" + acme.ID.String()
}

func TestProjectsOverHTTP(t *testing.T) {
	t.Parallel()
	d, acme := newProjectDesk(t)
	var made, got api.Project
	h := d.want(t, 201, "POST", acme+"/projects", `{"key":"OPS","name":"Operations"}`, nil, &made)
	path := "/v1/projects/" + made.ID.String()
	if h.Get("Location") != path || h.Get("ETag") == "" || made.Key != "OPS" || made.Description != "" || made.Version != 1 {
		t.Fatalf("%v %+v", h, made)
	}
	again := d.want(t, 200, "GET", path, "", nil, &got)
	if diff := cmp.Diff(made, got); diff != "" || again.Get("ETag") != h.Get("ETag") {
		t.Fatalf("%q, then %q\n%s", h.Get("ETag"), again.Get("ETag"), diff)
	}
	d.want(t, 304, "GET", path, "", map[string]string{"If-None-Match": h.Get("ETag")}, nil)
	d.want(t, 409, "POST", acme+"/projects", `{"key":"OPS","name":"Again"}`, nil, nil)
	d.want(t, 400, "PATCH", path, `{"key":"NEW"}`, nil, nil) // keys never change
	d.want(t, 400, "PATCH", path, `{"name":null}`, nil, nil)
	d.want(t, 422, "POST", acme+"/projects", `{"key":"x","name":""}`, nil, nil)

	merge := map[string]string{"Content-Type": "application/merge-patch+json", "If-Match": h.Get("ETag")}
	d.want(t, 200, "PATCH", path, `{"archived":true}`, merge, &got)
	d.want(t, 412, "PATCH", path, `{"archived":false}`, merge, nil)
	d.want(t, 409, "POST", path+"/labels", `{"name":"bug","color":"#ff0000"}`, nil, nil)
	for query, want := range map[string]int{"": 0, "?archived=false": 0, "?archived=true": 1} {
		var list api.ProjectPage
		d.want(t, 200, "GET", acme+"/projects"+query, "", nil, &list)
		if len(list.Items) != want || list.Items == nil || list.NextCursor != nil {
			t.Errorf("%q: %+v", query, list)
		}
	}
	d.want(t, 400, "GET", acme+"/projects?limit=0", "", nil, nil)
	d.want(t, 400, "GET", acme+"/projects?limit=101", "", nil, nil)
	d.want(t, 400, "GET", acme+"/projects?archived=maybe", "", nil, nil)
}

func TestStatusesAndLabelsOverHTTP(t *testing.T) {
	t.Parallel()
	d, acme := newProjectDesk(t)
	var in api.Project
	d.want(t, 201, "POST", acme+"/projects", `{"key":"OPS","name":"Operations"}`, nil, &in)
	path := "/v1/projects/" + in.ID.String()

	var status api.Status
	h := d.want(t, 201, "POST", path+"/statuses", `{"name":"Review","category":"in_progress","position":-1}`, nil, &status)
	item := "/v1/statuses/" + status.ID.String()
	if h.Get("Location") != item || status.Position != -1 || status.Category != "in_progress" {
		t.Fatalf("%v %+v", h, status)
	}
	d.want(t, 400, "PATCH", item, `{"category":"done"}`, nil, nil) // categories never change
	d.want(t, 200, "PATCH", item, `{"name":"In review"}`, nil, &status)
	var statuses api.StatusPage
	d.want(t, 200, "GET", path+"/statuses", "", nil, &statuses)
	if len(statuses.Items) != 6 || statuses.Items[0].Name != "In review" || statuses.NextCursor != nil {
		t.Fatalf("%+v", statuses)
	}
	d.want(t, 412, "DELETE", item, "", map[string]string{"If-Match": h.Get("ETag")}, nil)
	d.want(t, 204, "DELETE", item, "", nil, nil)
	d.want(t, 404, "GET", item, "", nil, nil)

	// The longest names, so that the cursors that carry them are the longest too.
	var names []string
	for _, first := range []string{"a", "b", "c"} {
		name := first + strings.Repeat("😀", 49) + strings.Repeat("<", 50)
		var label api.Label
		d.want(t, 201, "POST", path+"/labels", `{"name":"`+name+`","color":"#FF0000"}`, nil, &label)
		if label.Color != "#ff0000" || label.Name != name {
			t.Fatalf("%+v", label)
		}
		names = append(names, name)
	}
	var got []string
	for next := path + "/labels?limit=1"; next != ""; {
		var labels api.LabelPage
		d.want(t, 200, "GET", next, "", nil, &labels)
		for _, l := range labels.Items {
			got = append(got, l.Name)
		}
		if next = ""; labels.NextCursor != nil {
			next = path + "/labels?limit=1&cursor=" + url.QueryEscape(*labels.NextCursor)
		}
	}
	if diff := cmp.Diff(names, got); diff != "" {
		t.Fatal(diff)
	}
}

func TestActivityOverHTTP(t *testing.T) {
	t.Parallel()
	d, acme := newProjectDesk(t)
	var in api.Project
	d.want(t, 201, "POST", acme+"/projects", `{"key":"OPS","name":"Operations"}`, nil, &in)
	d.want(t, 200, "PATCH", "/v1/projects/"+in.ID.String(), `{"name":"Ops"}`, nil, nil)
	for _, path := range []string{"/v1/projects/" + in.ID.String() + "/activity", acme + "/activity"} {
		var page api.ActivityPage
		d.want(t, 200, "GET", path+"?limit=1", "", nil, &page)
		if len(page.Items) != 1 || page.NextCursor == nil {
			t.Fatalf("%s: %+v", path, page)
		}
		a := page.Items[0]
		want := []api.Change{{Field: "name", From: []byte(`"Operations"`), To: []byte(`"Ops"`)}}
		if diff := cmp.Diff(want, a.Changes); diff != "" || a.Action != "project.updated" || a.Actor.Name != "Ada" || a.Token == nil || a.Token.Name != "ci" ||
			a.Entity != (api.EntityRef{Type: "project", ID: in.ID}) || a.TaskID != nil || *a.ProjectID != in.ID {
			t.Fatalf("%s: %+v\n%s", path, a, diff)
		}
		d.want(t, 200, "GET", path+"?limit=1&cursor="+*page.NextCursor, "", nil, &page)
		if page.Items[0].Action != "project.created" {
			t.Fatalf("%s: %+v", path, page.Items)
		}
	}
	d.want(t, 404, "GET", "/v1/tasks/"+in.ID.String()+"/activity", "", nil, nil)
}
