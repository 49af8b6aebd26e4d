// Package project is about projects and what each of them brings along for its tasks: statuses and labels.
//
// A [Project] has a key, which begins the keys of its tasks (OPS-42) and therefore never changes. It is created with
// statuses to start from, see [DefaultStatuses]. An archived project is kept for reading: it can be renamed and taken
// out of the archive, but nothing below it changes.
//
// A [Status] is a step of the project's workflow and has a [Category], which says what the step means and never
// changes, since tasks are indexed by it. A project always has a status, and a status that tasks are in stays.
// A [Label] comes and goes as it likes: tasks lose it when it is deleted.
package project
