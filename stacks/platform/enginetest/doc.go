// Package enginetest takes the whole program through its life on the real engine, with the stand-in for AWS: every
// setting changed, failures at every tenth resource, secrets looked for in the state. It has tests only.
package enginetest
