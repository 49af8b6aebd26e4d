package client

import (
	"github.com/oapi-codegen/nullable"

	"github.com/task-tracker/task-tracker/app/api"
)

// Null clears a field in a patch.
func Null[T any]() nullable.Nullable[T] { return nullable.NewNullNullable[T]() }

// Set gives a field of a patch, which could also be cleared, a value.
func Set[T any](v T) nullable.Nullable[T] { return nullable.NewNullableWithValue(v) }

// The objects, as the API describes them.
type (
	Account           = api.Account
	AccountRef        = api.AccountRef
	Activity          = api.Activity
	Attachment        = api.Attachment
	BatchChange       = api.BatchChange
	BatchChangeResult = api.BatchChangeResult
	ChangeEvent       = api.ChangeEvent
	ChangeFeed        = api.ChangeFeed
	ChecklistItem     = api.ChecklistItem
	Comment           = api.Comment
	CommentRevision   = api.CommentRevision
	ImportReport      = api.ImportReport
	Invitation        = api.Invitation
	InvitationCreated = api.InvitationCreated
	Label             = api.Label
	LabelRef          = api.LabelRef
	Member            = api.Member
	Project           = api.Project
	Relation          = api.Relation
	Reservation       = api.AttachmentReserved
	ServiceAccount    = api.ServiceAccount
	Session           = api.Session
	SessionInfo       = api.SessionInfo
	Stats             = api.Stats
	Status            = api.Status
	StatusRef         = api.StatusRef
	Task              = api.Task
	TaskMoved         = api.TaskMoved
	TaskRef           = api.TaskRef
	Token             = api.Token
	TokenCreated      = api.TokenCreated
	Upload            = api.Upload
	Workspace         = api.Workspace
)

// What creates them, and what changes them: a nil field of a patch stays as it is.
type (
	AccountPatch         = api.AccountPatch
	AttachmentReserve    = api.AttachmentReserve
	ChecklistItemCreate  = api.ChecklistItemCreate
	ChecklistItemPatch   = api.ChecklistItemPatch
	InvitationCreate     = api.InvitationCreate
	LabelCreate          = api.LabelCreate
	LabelPatch           = api.LabelPatch
	ProjectCreate        = api.ProjectCreate
	ProjectPatch         = api.ProjectPatch
	ServiceAccountCreate = api.ServiceAccountCreate
	ServiceAccountPatch  = api.ServiceAccountPatch
	ServiceTokenCreate   = api.ServiceTokenCreate
	SignUp               = api.SignUp
	StatusCreate         = api.StatusCreate
	StatusPatch          = api.StatusPatch
	TaskCreate           = api.TaskCreate
	TaskMove             = api.TaskMove
	TaskPatch            = api.TaskPatch
	TokenCreate          = api.TokenCreate
	WorkspacePatch       = api.WorkspacePatch
)

// Priority is how urgent a task is.
type Priority = api.Priority

// The priorities.
const (
	PriorityNone   = api.PriorityNone
	PriorityLow    = api.PriorityLow
	PriorityMedium = api.PriorityMedium
	PriorityHigh   = api.PriorityHigh
	PriorityUrgent = api.PriorityUrgent
)

// StatusCategory is what a status means, whatever its name.
type StatusCategory = api.StatusCategory

// The categories.
const (
	CategoryBacklog    = api.StatusCategoryBacklog
	CategoryTodo       = api.StatusCategoryTodo
	CategoryInProgress = api.StatusCategoryInProgress
	CategoryDone       = api.StatusCategoryDone
	CategoryCancelled  = api.StatusCategoryCancelled
)

// Role is what an account is in a workspace.
type Role = api.Role

// The roles; each may do all that those before it may.
const (
	RoleViewer = api.RoleViewer
	RoleMember = api.RoleMember
	RoleAdmin  = api.RoleAdmin
	RoleOwner  = api.RoleOwner
)

// ServiceRole is what a service account may do in its workspace.
type ServiceRole = api.ServiceRole

// The roles of service accounts.
const (
	ServiceRoleViewer = api.ServiceRoleViewer
	ServiceRoleMember = api.ServiceRoleMember
	ServiceRoleAdmin  = api.ServiceRoleAdmin
)

// AccountKind tells people from programs.
type AccountKind = api.AccountKind

// The kinds of accounts.
const (
	KindPerson  = api.AccountKindPerson
	KindService = api.AccountKindService
)

// Scope is what a token may be used for.
type Scope = api.Scope

// The scopes; each includes those before it.
const (
	ScopeRead  = api.ScopeRead
	ScopeWrite = api.ScopeWrite
	ScopeAdmin = api.ScopeAdmin
)

// RelationType is what a task does to another: "this task blocks that task".
type RelationType = api.RelationType

// The types of relations.
const (
	Blocks     = api.RelationTypeBlocks
	RelatesTo  = api.RelationTypeRelatesTo
	Duplicates = api.RelationTypeDuplicates
)
