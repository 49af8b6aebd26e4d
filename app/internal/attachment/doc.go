// Package attachment is the files that hang on tasks. The bytes never pass through the API: a client reserves an
// attachment and is told how to upload it, uploads, and confirms; then others may download it by a short-lived link.
//
//	reserved ──confirm──▶ ready
//	    │                   │
//	    └──24 h, delete─▶ deleted ──sweep──▶ gone
//
// A reservation fixes name, type, size and checksum; [Service.Confirm] compares what arrived with it. [Service.Sweep]
// removes the bytes, and then the rows, of what was deleted and of reservations that were never confirmed. It may run
// in every instance at once.
//
// Links end in three ways. Each download's link works for [DownloadValid], within which the download must begin; a store
// that serves its links itself asks [Service.Admit] at every request, so that deleting an attachment, or its task, ends
// the links to it at once; S3 cannot be asked, and there a link that was given out before the deletion works to its end.
// No link lives longer than the credentials that sign it.
//
// Times that fit together: an upload's signature ends [UploadValid] after the reservation, however often the request
// for it is repeated, and nothing is swept before sweepGrace, so that no upload can still begin when its row is gone.
package attachment
