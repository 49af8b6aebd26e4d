// Package blob keeps the bytes of attachments: on disk for a single box, in S3 (or a
// store that speaks its protocol) for a fleet. Clients move the bytes themselves, by
// short-lived signed requests, so that a large file never passes through a handler of
// the API:
//
//	store, err := blob.Open(ctx, "file:./var/blobs", blob.Options{SigningKey: key, BaseURL: "http://127.0.0.1:3000"})
//	up, err := store.SignUpload(ctx, blob.UploadRequest{Key: blob.Key(workspace, id), ContentType: "image/png",
//		Size: 4711, SHA256: sum, Expires: now.Add(15 * time.Minute)})
//	// the client sends the bytes as up says
//	info, err := store.Stat(ctx, key)          // what really arrived
//	link, err := store.SignDownload(ctx, blob.DownloadRequest{Key: key, Filename: "plan.png", …})
//
// What both stores promise, and the conformance suite checks:
//
//   - An upload is accepted only with the signed key, size, type and SHA-256, before the
//     signed moment. Everything else leaves no trace.
//   - A blob is visible whole or not at all, and once visible it does not change.
//   - A download is always an attachment, never a page of this origin. No URL is public.
//   - Delete is idempotent.
//
// The disk store serves its own signed URLs: mount [Disk.Handler] below /blobs/. In S3's
// case the role needs s3:GetObject, s3:PutObject and s3:DeleteObject on the objects and
// s3:ListBucket on the bucket: without the last, S3 answers 403 for a missing object.
// A URL signed with temporary credentials dies with them, perhaps before its own expiry.
package blob
