// Package runbooks holds what to do when something fails: a page per promise of the platform, README.md first. It is a Go
// package so that tests can hold the pages against the settings, names and outputs that they speak of.
package runbooks
