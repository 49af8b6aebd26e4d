// Package offlinetest has what tests of stacks on the real engine share: a small program, repositories to run it in, and
// the engine itself.
package offlinetest
