// Command tasktracker is the service and its tools in one binary.
//
// main hands everything that the outside world gives it to run, so that tests can start each command in their own
// process: arguments, environment, streams. Every command has a file of its own and gets an env; serve.go wires the
// rooms together. Exit codes: 0 done, 1 it went wrong, 2 the command line or the environment is wrong.
package main
