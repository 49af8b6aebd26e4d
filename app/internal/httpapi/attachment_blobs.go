package httpapi

import (
	"context"
	"errors"
	"time"

	"github.com/task-tracker/task-tracker/app/internal/apperr"
	"github.com/task-tracker/task-tracker/app/internal/attachment"
	"github.com/task-tracker/task-tracker/app/internal/blob"
)

// BlobStore is what attachments use of a [blob.Store].
type BlobStore interface {
	blob.Signer
	Stat(ctx context.Context, key string) (blob.Info, error)
	Delete(ctx context.Context, key string) error
}

// AttachmentBlobs fits a blob store to the [attachment.Service]: the two know nothing of each other, and a domain does
// not know blob. It also gives the blob store's failures the codes that clients hear.
type AttachmentBlobs struct{ Store BlobStore }

var _ attachment.Blobs = AttachmentBlobs{}

// SignUpload implements [attachment.Blobs].
func (b AttachmentBlobs) SignUpload(ctx context.Context, a attachment.Attachment, expires time.Time) (attachment.Upload, error) {
	up, err := b.Store.SignUpload(ctx, blob.UploadRequest{
		Key: a.Key, ContentType: a.ContentType, Size: a.Size, SHA256: a.SHA256, Expires: expires,
	})
	if err != nil {
		return attachment.Upload{}, blobFailure(err)
	}
	return attachment.Upload{Method: up.Method, URL: up.URL, Headers: up.Headers, Fields: up.Fields, ExpiresAt: up.Expires.UTC()}, nil
}

// SignDownload implements [attachment.Blobs].
func (b AttachmentBlobs) SignDownload(ctx context.Context, a attachment.Attachment, expires time.Time) (attachment.Link, error) {
	down, err := b.Store.SignDownload(ctx, blob.DownloadRequest{
		Key: a.Key, Filename: a.Filename, ContentType: a.ContentType, Expires: expires,
	})
	return attachment.Link{URL: down.URL, ExpiresAt: down.Expires.UTC()}, blobFailure(err)
}

// Stat implements [attachment.Blobs].
func (b AttachmentBlobs) Stat(ctx context.Context, key string) (attachment.Stored, bool, error) {
	info, err := b.Store.Stat(ctx, key)
	if errors.Is(err, blob.ErrNotFound) {
		return attachment.Stored{}, false, nil
	}
	return attachment.Stored{Size: info.Size, SHA256: info.SHA256}, true, blobFailure(err)
}

// Delete implements [attachment.Blobs].
func (b AttachmentBlobs) Delete(ctx context.Context, key string) error {
	return blobFailure(b.Store.Delete(ctx, key))
}

// blobFailure is what a client hears where a store of bytes fails. Blobs that have rotted stay an internal fault: it is
// ours, and an operator must see it.
func blobFailure(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, context.Canceled):
		return apperr.Wrap(err, apperr.ClientClosed, "The request was cancelled before it was done.")
	case errors.Is(err, blob.ErrNoSpace):
		return apperr.Wrap(err, apperr.StorageFull, "The storage is full.")
	case errors.Is(err, blob.ErrChecksum):
		return err
	case errors.Is(err, blob.ErrCredentials):
		return apperr.Wrap(err, apperr.Unavailable,
			"The credentials for the storage of attachments are about to expire and could not be renewed. Try again shortly.")
	}
	return apperr.Wrap(err, apperr.Unavailable, "The storage of attachments cannot be reached right now. Try again shortly.")
}
