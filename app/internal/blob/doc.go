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
//	down, err := store.SignDownload(ctx, blob.DownloadRequest{Key: key, Filename: "plan.png", …})
//
// What the stores promise, and the conformance suite checks:
//
//   - An upload is accepted only with the signed key, size, type and SHA-256, before the
//     signed moment. Everything else leaves no trace.
//   - A blob is visible whole or not at all, and once visible it does not change.
//   - A download is always an attachment, never a page of this origin. No URL is public.
//   - Delete is idempotent.
//
// The disk store serves its own signed URLs: mount [Disk.Handler] below /blobs/. It puts
// each request to an [Admit], so that what was deleted is not served by links from before.
// S3 serves without asking: give those links a short life.
//
// In S3's case the role needs s3:GetObject, s3:PutObject and s3:DeleteObject on the objects
// and s3:ListBucket on the bucket: without the last, S3 answers 403 for a missing object.
// A URL that is signed with temporary credentials dies with them. Credentials that end
// before a link should are renewed, and a link says when it really ends.
//
// # Stores that speak S3's protocol
//
// An upload to S3 is a form POST, whose policy names all that is signed, or with upload=put
// a PUT whose signature covers Content-Length, Content-Type and x-amz-checksum-sha256. A
// store must verify x-amz-checksum-sha256, take If-None-Match: * on PutObject, and, for
// pages that upload from a browser, allow the method and those headers by its CORS rules.
//
//   - versitygw (posix backend, the version that .tools/s3 pins): the conformance suite runs
//     against it, with POST and with PUT.
//
// We have not tried the following. This is what their documentation says:
//
//   - AWS S3 documents all of it; the platform in infra/ is made for it.
//   - MinIO: its SDKs document form POST (presignedPostPolicy). We found nothing on whether
//     a form's checksum is verified.
//   - Cloudflare R2: "POST, which performs uploads via native HTML forms, is not currently
//     supported" (Presigned URLs), so set upload=put and region=auto. PutObject takes SHA-256
//     checksums (release notes, 2023-06-16) and If-None-Match (Extensions).
//   - Backblaze B2 lists no form POST among its calls, and says in its guides to the AWS SDKs
//     that it does not accept x-amz-checksum-sha256 and x-amz-checksum-mode. As long as that
//     holds it cannot be used: no upload would be verified by the store.
package blob
