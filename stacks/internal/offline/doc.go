// Package offline runs a stack on the real engine with the stand-in for AWS: no account, no credentials, no network. All
// that a run leaves behind lives in one folder.
package offline
