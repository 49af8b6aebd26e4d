// Package config turns the environment into one validated [Config].
//
// The settings stand in one table, settings.go: name, default, meaning and how the text becomes a value. [Load] reads
// the environment through it and returns either a whole Config or every fault at once, each with its variable. The same
// table is what `tasktracker config` prints and what CONFIGURATION.md is generated from.
package config

//go:generate go run ../../cmd/tasktracker config --markdown ../../CONFIGURATION.md
