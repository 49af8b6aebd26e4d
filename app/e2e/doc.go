// Package e2e holds the black-box tests: they build the real binary, start it on each engine and speak HTTP to it.
//
// What they need of the outside is what packages testdb and s3test need. TASKTRACKER_TEST_BINARY names a binary to test instead
// of building one.
package e2e
