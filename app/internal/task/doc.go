// Package task holds the rules of tasks: what a task is made of, who may change it, how lists are filtered and sorted,
// how tasks relate to each other, what their checklists hold, how they move between projects.
//
// [Service] is what the outside calls. It authorises by the role that the store read together with the object, merges
// what a client sent into what is there, and validates the whole. The [Writer] runs that decision inside the
// transaction that writes it, on the locked row.
package task
