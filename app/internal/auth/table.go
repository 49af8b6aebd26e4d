package auth

import (
	"maps"
	"strings"
)

// Action is something that a principal wants to do, `object.verb`.
type Action string

// Object is what the action is done to, in words: `task`, `workspace`.
func (a Action) Object() string {
	object, _, _ := strings.Cut(string(a), ".")
	return strings.ReplaceAll(object, "_", " ")
}

// The actions. What each takes stands in the table below.
const (
	AccountRead   Action = "account.read"
	AccountUpdate Action = "account.update"
	AccountDelete Action = "account.delete"
	AccountExport Action = "account.export"
	TokenRead     Action = "token.read"
	TokenManage   Action = "token.manage"
	SessionRead   Action = "session.read"
	SessionManage Action = "session.manage"

	WorkspaceList   Action = "workspace.list"
	WorkspaceCreate Action = "workspace.create"
	WorkspaceRead   Action = "workspace.read"
	WorkspaceUpdate Action = "workspace.update"
	WorkspaceExport Action = "workspace.export"
	WorkspaceImport Action = "workspace.import"

	ServiceAccountRead   Action = "service_account.read"
	ServiceAccountManage Action = "service_account.manage"

	MemberRead       Action = "member.read"
	MemberManage     Action = "member.manage"
	OwnerManage      Action = "owner.manage"
	MemberLeave      Action = "member.leave"
	InvitationRead   Action = "invitation.read"
	InvitationManage Action = "invitation.manage"
	InvitationAccept Action = "invitation.accept"

	ProjectRead   Action = "project.read"
	ProjectCreate Action = "project.create"
	ProjectUpdate Action = "project.update"
	StatusRead    Action = "status.read"
	StatusManage  Action = "status.manage"
	LabelRead     Action = "label.read"
	LabelManage   Action = "label.manage"

	TaskRead        Action = "task.read"
	TaskCreate      Action = "task.create"
	TaskUpdate      Action = "task.update"
	TaskDelete      Action = "task.delete"
	TaskMove        Action = "task.move"
	RelationRead    Action = "relation.read"
	RelationManage  Action = "relation.manage"
	ChecklistRead   Action = "checklist.read"
	ChecklistManage Action = "checklist.manage"
	StatsRead       Action = "statistics.read"
	ActivityRead    Action = "activity.read"

	CommentRead        Action = "comment.read"
	CommentCreate      Action = "comment.create"
	CommentUpdate      Action = "comment.update"
	CommentDelete      Action = "comment.delete"
	CommentModerate    Action = "comment.moderate"
	AttachmentRead     Action = "attachment.read"
	AttachmentCreate   Action = "attachment.create"
	AttachmentDelete   Action = "attachment.delete"
	AttachmentModerate Action = "attachment.moderate"
)

// Bindable reports whether an action that concerns no workspace may be done with a token that is bound to one.
func (a Action) Bindable() bool { return a == AccountRead || a == WorkspaceList }

// Rule is what an action takes: the least role in the workspace (empty: any account, whatever its memberships) and the
// token scope.
type Rule struct {
	Role  Role
	Scope Scope
}

// Table returns a copy of the whole table: role × action.
func Table() map[Action]Rule { return maps.Clone(table) }

var table = map[Action]Rule{
	// an account's own affairs
	AccountRead:      {RoleNone, ScopeRead},
	AccountUpdate:    {RoleNone, ScopeAdmin},
	AccountDelete:    {RoleNone, ScopeAdmin},
	AccountExport:    {RoleNone, ScopeAdmin},
	TokenRead:        {RoleNone, ScopeRead},
	TokenManage:      {RoleNone, ScopeAdmin},
	SessionRead:      {RoleNone, ScopeRead},
	SessionManage:    {RoleNone, ScopeAdmin},
	WorkspaceList:    {RoleNone, ScopeRead},
	WorkspaceCreate:  {RoleNone, ScopeWrite},
	WorkspaceImport:  {RoleNone, ScopeAdmin}, // and the instance's owner only, which the service sees to
	InvitationAccept: {RoleNone, ScopeAdmin},

	// a workspace
	WorkspaceRead:    {RoleViewer, ScopeRead},
	WorkspaceUpdate:  {RoleAdmin, ScopeAdmin},
	WorkspaceExport:  {RoleAdmin, ScopeAdmin},
	MemberRead:       {RoleViewer, ScopeRead},
	MemberLeave:      {RoleViewer, ScopeAdmin},
	MemberManage:     {RoleAdmin, ScopeAdmin}, // roles below owner
	OwnerManage:      {RoleOwner, ScopeAdmin}, // to make or unmake an owner
	InvitationRead:   {RoleAdmin, ScopeAdmin},
	InvitationManage: {RoleAdmin, ScopeAdmin},

	// its service accounts and their tokens
	ServiceAccountRead:   {RoleViewer, ScopeRead},
	ServiceAccountManage: {RoleAdmin, ScopeAdmin},

	// projects
	ProjectRead:   {RoleViewer, ScopeRead},
	ProjectCreate: {RoleAdmin, ScopeWrite},
	ProjectUpdate: {RoleAdmin, ScopeWrite},
	StatusRead:    {RoleViewer, ScopeRead},
	StatusManage:  {RoleAdmin, ScopeWrite},
	LabelRead:     {RoleViewer, ScopeRead},
	LabelManage:   {RoleMember, ScopeWrite},

	// tasks and what hangs on them
	TaskRead:           {RoleViewer, ScopeRead},
	TaskCreate:         {RoleMember, ScopeWrite},
	TaskUpdate:         {RoleMember, ScopeWrite},
	TaskDelete:         {RoleMember, ScopeWrite},
	TaskMove:           {RoleMember, ScopeWrite}, // in both projects' workspace, which is one
	RelationRead:       {RoleViewer, ScopeRead},
	RelationManage:     {RoleMember, ScopeWrite},
	ChecklistRead:      {RoleViewer, ScopeRead},
	ChecklistManage:    {RoleMember, ScopeWrite},
	StatsRead:          {RoleViewer, ScopeRead},
	ActivityRead:       {RoleViewer, ScopeRead},
	CommentRead:        {RoleViewer, ScopeRead},
	CommentCreate:      {RoleMember, ScopeWrite},
	CommentUpdate:      {RoleMember, ScopeWrite}, // one's own only
	CommentDelete:      {RoleMember, ScopeWrite}, // one's own
	CommentModerate:    {RoleAdmin, ScopeWrite},  // delete those of others
	AttachmentRead:     {RoleViewer, ScopeRead},
	AttachmentCreate:   {RoleMember, ScopeWrite},
	AttachmentDelete:   {RoleMember, ScopeWrite}, // one's own
	AttachmentModerate: {RoleAdmin, ScopeWrite},  // delete those of others
}
