package activity

import (
	"encoding/json"
	"time"

	"github.com/google/uuid"
)

// Entry is one change. ProjectID and TaskID are set where the change belongs to one, so that it is found there.
type Entry struct {
	ID uuid.UUID
	// Sequence is its place in the order of commits; nil where none was given yet.
	Sequence    *int64
	WorkspaceID uuid.UUID
	ProjectID   *uuid.UUID
	TaskID      *uuid.UUID
	ActorID     uuid.UUID
	ActorName   string
	TokenID     *uuid.UUID
	TokenName   string
	// Action is `object.verb` in the past tense: task.created, label.updated, member.removed.
	Action     string
	EntityType string
	EntityID   uuid.UUID
	Changes    []Change
	CreatedAt  time.Time
}

// Change is one field before and after, as JSON values; null where there was or is nothing.
type Change struct {
	Field string          `json:"field"`
	From  json.RawMessage `json:"from"`
	To    json.RawMessage `json:"to"`
}

// Changes collects what differs between two states of an object.
type Changes []Change

// Add notes a field unless its two values encode alike. Values are whatever encoding/json takes; pass nil for nothing.
func (c *Changes) Add(field string, from, to any) {
	f, t := encode(from), encode(to)
	if string(f) != string(t) {
		*c = append(*c, Change{Field: field, From: f, To: t})
	}
}

func encode(v any) json.RawMessage {
	b, err := json.Marshal(v)
	if err != nil { // values are strings, numbers, ids and times, which always encode
		return json.RawMessage("null")
	}
	return b
}
