// Package cond holds the condition under which an object is changed: If-Match, once HTTP is taken off. It imports nothing
// of this project.
package cond

import "slices"

// Versions are the versions of an object that a change accepts. Nil accepts any; an empty list that is not nil accepts
// none, as for an If-Match that names only entity tags of others.
type Versions []int64

// Only accepts one version.
func Only(version int64) Versions { return Versions{version} }

// Optional accepts the version that v points to, and any where v is nil.
func Optional(v *int64) Versions {
	if v == nil {
		return nil
	}
	return Only(*v)
}

// Accepts reports whether an object at that version may be changed.
func (v Versions) Accepts(version int64) bool { return v == nil || slices.Contains(v, version) }
