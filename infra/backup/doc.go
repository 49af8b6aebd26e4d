// Package backup is AWS Backup for the platform: a vault, daily snapshots of database and bucket, copies in the second
// region, a monthly test that restores them, and word of jobs that failed.
//
// It is the second line. Recovery to a point in time comes from the automated backups that RDS keeps (package
// database); these snapshots outlive them, survive a deleted instance, and can be locked against everybody.
//
// A restore test makes a database instance in the data subnets, and a bucket, checks that they come up, and AWS deletes
// them after restoreTest.validationHours. What they cost is an instance for some hours a month and a copy of the bucket.
//
// A change of the encryption key replaces a vault, and AWS refuses to delete one that holds recovery points: the
// update stops there, nothing is lost. A compliance lock cannot be undone by anybody once its days of grace are over.
package backup
