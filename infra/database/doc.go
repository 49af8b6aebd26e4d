// Package database is the platform's MySQL on Amazon RDS: instances, their parameter group, logs, monitoring, secrets,
// replicas, events, and the copy of their automated backups in a second region.
//
// # Generations
//
// AWS restores into a new instance only. So that a restore never replaces the database that serves, instances come in
// generations, each a resource of its own:
//
//  1. generation: 2, serving: 1 and the restore settings create the second instance beside the first, which serves on.
//  2. serving: 2 cuts over: the application's secret gets the new host as a new version, which starts new tasks, and
//     the first instance loses its protection against deletion. serving: 1 goes back, protection included.
//  3. oldest: 2 deletes the first instance, after a final snapshot.
//
// The restore settings count when an instance is created, and never again: they may stay or go afterwards. A stack that
// starts in a new region with restore settings starts from that data, as generation 1. Generations only grow; a number
// that was retired is not used again.
//
// A stack is destroyed in two steps as well: deletionProtection: false and an update, then the destroy. The final
// snapshots and, with keepBackups, the automated backups stay.
//
// # What replaces an instance
//
// No setting does. Engine version, class, storage, windows, replicas and the rest change in place, at the next
// maintenance window or, with applyImmediately, at once. Name, users and encryption are constants, and their drift (a
// restored instance keeps the key of its snapshot) is ignored. Changing recovery.retentionDays replaces the replication
// of backups, and cutting over replaces the read replicas; neither touches an instance that holds the only copy.
//
// # Secrets
//
// The application's password is made once, or anew where appPassword is raised, and kept in a secret of its own, whose
// stored value the program reads back. The secret that the service reads (AppSecretArn) is composed from that password
// and the serving instance's address, so that a new host reaches the service as a new version (AppSecretVersion).
// With masterPassword "managed" RDS keeps and rotates the master's password; with "generated", which replicas require,
// each generation has a secret for it, and the instance takes the password from that secret's stored value.
package database
