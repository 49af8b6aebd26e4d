// Package storage keeps the application's objects: the bytes of attachments.
//
// The bucket is private, versioned, encrypted with the data key, and reached with TLS only. Every version of an object is
// kept for a while after it was overwritten or deleted, so that a mistake can be undone. Where the stack has a second
// region, objects are copied there as they arrive (within 15 minutes, by S3's replication time control), and
// so are deletions; but versions are deleted by each bucket's own lifecycle, never by replication.
// Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication-what-is-isnot-replicated.html.
//
// S3 can only log a bucket's access to a bucket of the same region. The bucket logs to the log bucket; the replica, which
// nobody but S3 writes to, has its accesses in the trail.
package storage
