package e2e

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"testing"

	"github.com/google/uuid"

	"github.com/task-tracker/task-tracker/app/internal/auth"
)

// route says what a row of the matrix asks for. What it takes stands in auth.Table under its action.
type route struct {
	action auth.Action                  // empty: any valid token
	body   func(m *matrix, a actor) any // nil: none
	query  string
	fresh  func(m *matrix, a actor) string // a new object for the last variable of the path, for a change that is allowed
	also   func(a actor) bool              // what is asked for beyond the table
	status int                             // of success; 200, 201, 204 or 302 where 0
}

// variant is a row beside the contract's: the same operation in another situation.
type variant struct {
	operation, name string
	route
}

func body(v any) func(*matrix, actor) any { return func(*matrix, actor) any { return v } }

func title(m *matrix, _ actor) any { return object{"title": secretMark + m.unique()} }

func draft(m *matrix, _ actor) any { return draftOf(secretMark + m.unique()) }

func draftOf(name string) object {
	sum := sha256.Sum256([]byte(name))
	return object{"filename": name + ".txt", "content_type": "text/plain", "size": 3, "sha256": hex.EncodeToString(sum[:])}
}

func newStatus(m *matrix, _ actor) any {
	return object{"name": secretMark + m.unique(), "category": "todo"}
}

func newLabel(m *matrix, _ actor) any {
	return object{"name": secretMark + m.unique(), "color": "#ffffff"}
}

// routes are the operations of the contract that take a token, by their names.
var routes = map[string]route{
	"endSession": {fresh: nil},
	"getMe":      {action: auth.AccountRead},
	"updateMe":   {action: auth.AccountUpdate, body: body(object{"name": "Somebody"})},
	"exportMe":   {action: auth.AccountExport},
	"deleteMe":   {action: auth.AccountDelete, body: body(object{"current_password": password})},

	"listSessions":     {action: auth.SessionRead},
	"endOtherSessions": {action: auth.SessionManage},
	"revokeSession": {action: auth.SessionManage, fresh: func(m *matrix, a actor) string {
		a.session.post("/v1/sessions", object{"email": a.session.get("/v1/me").want(200).str("email"), "password": password}).want(201)
		return a.session.get("/v1/sessions?limit=1").want(200).str("items", 0, "id")
	}},

	"listTokens":  {action: auth.TokenRead},
	"createToken": {action: auth.TokenManage, body: body(object{"name": "t", "scopes": []string{"read"}})},
	"revokeToken": {action: auth.TokenManage, fresh: func(_ *matrix, a actor) string {
		return a.session.post("/v1/tokens", object{"name": "t", "scopes": []string{"read"}}).want(201).str("id")
	}},

	"listWorkspaces":  {action: auth.WorkspaceList},
	"createWorkspace": {action: auth.WorkspaceCreate, body: body(object{"name": "Mine"})},
	"importWorkspace": {
		action: auth.WorkspaceImport, body: body(raw{"application/x-ndjson", "{}\n"}), query: "?dry_run=true",
		also: func(a actor) bool { return a.instanceOwner }, status: 422,
	},
	"getWorkspace":    {action: auth.WorkspaceRead},
	"updateWorkspace": {action: auth.WorkspaceUpdate, body: body(object{"name": secretMark})},
	"exportWorkspace": {action: auth.WorkspaceExport},

	"listMembers":  {action: auth.MemberRead},
	"updateMember": {action: auth.MemberManage, body: body(object{"role": "member"}), fresh: (*matrix).guest},
	"removeMember": {action: auth.MemberManage, fresh: (*matrix).guest},

	"listServiceAccounts": {action: auth.ServiceAccountRead},
	"createServiceAccount": {action: auth.ServiceAccountManage, body: func(m *matrix, _ actor) any {
		return object{"name": secretMark + m.unique(), "role": "viewer"}
	}},
	"getServiceAccount":    {action: auth.ServiceAccountRead},
	"updateServiceAccount": {action: auth.ServiceAccountManage, body: body(object{"name": secretMark})},
	"deleteServiceAccount": {action: auth.ServiceAccountManage, fresh: (*matrix).serviceAccount},
	"listServiceTokens":    {action: auth.ServiceAccountManage},
	"createServiceToken":   {action: auth.ServiceAccountManage, body: body(object{"name": secretMark, "scopes": []string{"read"}})},
	"revokeServiceToken": {action: auth.ServiceAccountManage, fresh: func(m *matrix, _ actor) string {
		return m.serviceToken(m.own["service_account"], "read").str("id")
	}},

	"listInvitations":  {action: auth.InvitationRead},
	"createInvitation": {action: auth.InvitationManage, body: body(object{"role": "viewer"})},
	"revokeInvitation": {action: auth.InvitationManage, fresh: func(m *matrix, _ actor) string { return m.invite("viewer").str("id") }},
	"acceptInvitation": {action: auth.InvitationAccept, body: func(m *matrix, _ actor) any {
		elsewhere := m.visitor.post("/v1/workspaces", object{"name": "Elsewhere"}).want(201).str("id")
		return object{"token": m.visitor.post("/v1/workspaces/"+elsewhere+"/invitations", object{"role": "viewer"}).want(201).str("token")}
	}},

	"listProjects": {action: auth.ProjectRead},
	"createProject": {action: auth.ProjectCreate, body: func(m *matrix, _ actor) any {
		return object{"key": "P" + m.unique(), "name": secretMark}
	}},
	"getProject":          {action: auth.ProjectRead},
	"updateProject":       {action: auth.ProjectUpdate, body: body(object{"description": secretMark})},
	"getProjectStats":     {action: auth.StatsRead},
	"listStatuses":        {action: auth.StatusRead},
	"createStatus":        {action: auth.StatusManage, body: newStatus},
	"getStatus":           {action: auth.StatusRead},
	"updateStatus":        {action: auth.StatusManage, body: body(object{"position": 3})},
	"deleteStatus":        {action: auth.StatusManage, fresh: (*matrix).status},
	"listLabels":          {action: auth.LabelRead},
	"createLabel":         {action: auth.LabelManage, body: newLabel},
	"getLabel":            {action: auth.LabelRead},
	"updateLabel":         {action: auth.LabelManage, body: body(object{"color": "#000000"})},
	"deleteLabel":         {action: auth.LabelManage, fresh: (*matrix).label},
	"listProjectActivity": {action: auth.ActivityRead},

	"listProjectTasks": {action: auth.TaskRead},
	"searchTasks":      {action: auth.TaskRead, query: "?q=" + secretMark},
	"createTask":       {action: auth.TaskCreate, body: title},
	"getTaskByNumber":  {action: auth.TaskRead},
	"getTask":          {action: auth.TaskRead},
	"updateTask":       {action: auth.TaskUpdate, body: title},
	"deleteTask":       {action: auth.TaskDelete, fresh: (*matrix).task},
	"moveTask": {action: auth.TaskMove, fresh: (*matrix).task, body: func(m *matrix, _ actor) any {
		return object{"project_id": m.own["target"]}
	}},
	"batchTasks": {action: auth.TaskCreate, body: func(m *matrix, a actor) any {
		return object{"changes": []object{{"op": "create", "project_id": m.own["project"], "task": title(m, a)}}}
	}, status: 200},

	"listRelations": {action: auth.RelationRead},
	"createRelation": {action: auth.RelationManage, body: func(m *matrix, a actor) any {
		return object{"type": "relates_to", "task_id": m.task(a)}
	}},
	"deleteRelation":   {action: auth.RelationManage, fresh: (*matrix).relation},
	"listTaskActivity": {action: auth.ActivityRead},

	"listChecklistItems":  {action: auth.ChecklistRead},
	"createChecklistItem": {action: auth.ChecklistManage, body: body(object{"text": secretMark}), fresh: (*matrix).task},
	"getChecklistItem":    {action: auth.ChecklistRead},
	"updateChecklistItem": {action: auth.ChecklistManage, body: func(m *matrix, _ actor) any { return object{"text": secretMark + m.unique()} }},
	"deleteChecklistItem": {action: auth.ChecklistManage, fresh: (*matrix).item},

	"listComments":         {action: auth.CommentRead},
	"createComment":        {action: auth.CommentCreate, body: body(object{"body": secretMark})},
	"getComment":           {action: auth.CommentRead},
	"updateComment":        {action: auth.CommentUpdate, body: body(object{"body": secretMark + "!"}), fresh: (*matrix).comment},
	"deleteComment":        {action: auth.CommentDelete, fresh: (*matrix).comment},
	"listCommentRevisions": {action: auth.CommentRead},

	"listAttachments":    {action: auth.AttachmentRead},
	"reserveAttachment":  {action: auth.AttachmentCreate, body: draft},
	"getAttachment":      {action: auth.AttachmentRead},
	"confirmAttachment":  {action: auth.AttachmentCreate, fresh: (*matrix).attachment, status: 409}, // no bytes yet
	"downloadAttachment": {action: auth.AttachmentRead, status: 409},
	"deleteAttachment":   {action: auth.AttachmentDelete, fresh: (*matrix).attachment},

	"listWorkspaceActivity": {action: auth.ActivityRead},
	"getChanges":            {action: auth.ActivityRead, query: "?since=0"},
}

func never(actor) bool { return false }

// variants are the rules that depend on whose object it is, and on what is made of whom.
var variants = []variant{
	{"updateComment", "another's", route{action: auth.CommentUpdate, body: body(object{"body": "x"}), also: never}},
	{"deleteComment", "another's", route{action: auth.CommentModerate, fresh: (*matrix).othersComment}},
	{"deleteAttachment", "another's", route{action: auth.AttachmentModerate, fresh: (*matrix).othersAttachment}},
	{"confirmAttachment", "another's", route{action: auth.AttachmentCreate, also: never}},
	{"updateMember", "make an owner", route{action: auth.OwnerManage, body: body(object{"role": "owner"}), fresh: (*matrix).guest}},
	{"createInvitation", "invite an owner", route{action: auth.OwnerManage, body: body(object{"role": "owner"})}},
	{"updateMember", "unmake an owner", route{action: auth.OwnerManage, body: body(object{"role": "admin"}), fresh: (*matrix).owningGuest}},
	{"removeMember", "remove an owner", route{action: auth.OwnerManage, fresh: (*matrix).owningGuest}},
	{"batchTasks", "update", route{action: auth.TaskUpdate, body: func(m *matrix, a actor) any {
		return object{"changes": []object{{"op": "update", "task_id": m.own["task"], "task": title(m, a)}}}
	}, status: 200}},
	{"batchTasks", "delete", route{action: auth.TaskDelete, body: func(m *matrix, a actor) any {
		return object{"changes": []object{{"op": "delete", "task_id": m.task(a)}}}
	}, status: 200}},
}

// state is what a refused request must leave as it is: the latest entry in the activity of both workspaces, and, of the
// accounts that own them, what is in no activity.
func (m *matrix) state() map[string]string {
	state := map[string]string{}
	for c, workspace := range map[*client]string{m.ada: m.own["workspace"], m.eve: m.foreign["workspace"]} {
		state[workspace] = c.get("/v1/workspaces/"+workspace+"/activity?limit=1").want(200).str("items", 0, "id")
		state["account "+c.id] = string(c.get("/v1/me").want(200).body)
		for _, list := range []string{"/v1/tokens?limit=100", "/v1/sessions?limit=100", "/v1/workspaces?limit=100"} {
			for _, item := range c.get(list).want(200).items() {
				state[c.id+" "+list] += fmt.Sprint(item["id"], " ")
			}
		}
	}
	return state
}

// content is what the request has as its body, with the objects that it names; nil: none.
func (r route) content(m *matrix, a actor) any {
	if r.body == nil {
		return nil
	}
	return r.body(m, a)
}

func (m *matrix) unique() string {
	m.count++
	return fmt.Sprintf("%05d", m.count)
}

func (m *matrix) invite(role string) *response {
	return m.ada.post("/v1/workspaces/"+m.own["workspace"]+"/invitations", object{"role": role}).want(201)
}

// guest is a member who may be changed and removed.
func (m *matrix) guest(actor) string {
	path := "/v1/workspaces/" + m.own["workspace"] + "/members/" + m.visitor.id
	if res := m.ada.patch(path, object{"role": "member"}); res.status == 404 {
		m.visitor.post("/v1/invitations/accept", object{"token": m.invite("member").str("token")}).want(200)
	}
	return m.visitor.id
}

func (m *matrix) owningGuest(a actor) string {
	m.guest(a)
	m.ada.patch("/v1/workspaces/"+m.own["workspace"]+"/members/"+m.visitor.id, object{"role": "owner"}).want(200)
	return m.visitor.id
}

func (m *matrix) serviceAccount(actor) string {
	return m.ada.post("/v1/workspaces/"+m.own["workspace"]+"/service-accounts", object{"name": secretMark + m.unique(), "role": "admin"}).want(201).str("id")
}

func (m *matrix) serviceToken(account, scope string) *response {
	return m.ada.post("/v1/service-accounts/"+account+"/tokens", object{"name": secretMark, "scopes": []string{scope}}).want(201)
}

func (m *matrix) status(a actor) string {
	return m.ada.post("/v1/projects/"+m.own["project"]+"/statuses", newStatus(m, a)).want(201).str("id")
}

func (m *matrix) label(a actor) string {
	return m.ada.post("/v1/projects/"+m.own["project"]+"/labels", newLabel(m, a)).want(201).str("id")
}

func (m *matrix) task(a actor) string {
	return m.ada.post("/v1/projects/"+m.own["project"]+"/tasks", title(m, a)).want(201).str("id")
}

func (m *matrix) relation(a actor) string {
	return m.ada.post("/v1/tasks/"+m.task(a)+"/relations", object{"type": "blocks", "task_id": m.task(a)}).want(201).str("id")
}

func (m *matrix) item(actor) string {
	return m.ada.post("/v1/tasks/"+m.own["task"]+"/checklist", object{"text": secretMark}).want(201).str("id")
}

func (m *matrix) comment(a actor) string {
	return a.session.post("/v1/tasks/"+m.own["task"]+"/comments", object{"body": secretMark}).want(201).str("id")
}

func (m *matrix) othersComment(actor) string { return m.comment(m.author) }

func (m *matrix) attachment(a actor) string {
	return a.session.post("/v1/tasks/"+m.own["task"]+"/attachments", draft(m, a)).want(201).str("attachment", "id")
}

func (m *matrix) othersAttachment(actor) string { return m.attachment(m.author) }

// furnish fills a workspace of the client with one object of each kind and gives their identifiers by the names that
// the contract's paths have for them.
func furnish(t testing.TB, c *client, mark string) map[string]string {
	t.Helper()
	ids := map[string]string{"account": c.id, "number": "1", "session": c.get("/v1/sessions").want(200).str("items", 0, "id")}
	made := func(name, path string, v object) {
		t.Helper()
		res := c.post(path, v).want(201)
		if name == "attachment" {
			ids[name] = res.str("attachment", "id")
			return
		}
		ids[name] = res.str("id")
	}
	made("token", "/v1/tokens", object{"name": mark, "scopes": []string{"read"}})
	made("workspace", "/v1/workspaces", object{"name": mark})
	made("service_account", "/v1/workspaces/"+ids["workspace"]+"/service-accounts", object{"name": mark, "role": "member"})
	made("invitation", "/v1/workspaces/"+ids["workspace"]+"/invitations", object{"role": "viewer"})
	made("project", "/v1/workspaces/"+ids["workspace"]+"/projects", object{"key": "KEY", "name": mark})
	made("target", "/v1/workspaces/"+ids["workspace"]+"/projects", object{"key": "TARGET", "name": mark})
	made("status", "/v1/projects/"+ids["project"]+"/statuses", object{"name": mark, "category": "todo"})
	made("label", "/v1/projects/"+ids["project"]+"/labels", object{"name": mark, "color": "#123456"})
	made("task", "/v1/projects/"+ids["project"]+"/tasks", object{"title": mark, "label_ids": []string{ids["label"]}})
	made("other", "/v1/projects/"+ids["project"]+"/tasks", object{"title": mark + " 2"})
	made("relation", "/v1/tasks/"+ids["task"]+"/relations", object{"type": "blocks", "task_id": ids["other"]})
	made("item", "/v1/tasks/"+ids["task"]+"/checklist", object{"text": mark})
	made("comment", "/v1/tasks/"+ids["task"]+"/comments", object{"body": mark})
	made("attachment", "/v1/tasks/"+ids["task"]+"/attachments", draftOf(mark))
	return ids
}

// randomIDs are identifiers of nothing.
func randomIDs() map[string]string {
	ids := map[string]string{"number": "1"}
	for _, name := range []string{
		"account", "service_account", "session", "token", "workspace", "invitation", "project", "target", "status", "label", "task", "other", "relation", "item", "comment", "attachment",
	} {
		ids[name] = uuid.Must(uuid.NewV7()).String()
	}
	return ids
}
