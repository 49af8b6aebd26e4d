// Package seed makes a workspace of any size for trying things out and for measuring.
//
// All of it follows from the options: the same seed, size and reference time give the same ids, times and texts, on
// either engine. The shape is that of a team's tracker: most tasks done or waiting, four in
// five with an assignee, a tenth of them subtasks, words that follow Zipf's law. What is made obeys every rule of the domains, so an export of it can be
// imported.
package seed
