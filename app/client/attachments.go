package client

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"iter"
	"maps"
	"mime/multipart"
	"net/http"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/task-tracker/task-tracker/app/api"
)

// Attachments iterates over a task's attachments, oldest first, those that wait for their upload included.
func (c *Client) Attachments(ctx context.Context, task uuid.UUID, opts ...CallOption) iter.Seq2[Attachment, error] {
	return pages[Attachment](opts, func(cursor *string, e edit) (*http.Response, error) {
		return c.raw.ListAttachments(ctx, task, &api.ListAttachmentsParams{Cursor: cursor}, e)
	})
}

// Attach puts a file on a task: it reads r twice, for size and checksum and for the bytes, and reserves, uploads and
// confirms.
func (c *Client) Attach(ctx context.Context, task uuid.UUID, filename, contentType string, r io.ReadSeeker) (*Attachment, error) {
	hash := sha256.New()
	size, err := io.Copy(hash, r)
	if err == nil {
		_, err = r.Seek(0, io.SeekStart)
	}
	if err != nil {
		return nil, fmt.Errorf("client: read %s: %w", filename, err)
	}
	reserved, err := c.ReserveAttachment(ctx, task, AttachmentReserve{
		Filename: filename, ContentType: contentType, Size: size, SHA256: hex.EncodeToString(hash.Sum(nil)),
	})
	if err != nil {
		return nil, err
	}
	if err := c.Upload(ctx, reserved.Upload, r, size); err != nil {
		return nil, err
	}
	return c.ConfirmAttachment(ctx, reserved.Attachment.ID)
}

// ReserveAttachment is the first step of [Client.Attach].
func (c *Client) ReserveAttachment(ctx context.Context, task uuid.UUID, in AttachmentReserve, opts ...CallOption) (*Reservation, error) {
	return do[Reservation](keyed(opts), func(e edit) (*http.Response, error) { return c.raw.ReserveAttachment(ctx, task, nil, in, e) })
}

// Upload is the second step of [Client.Attach]: it sends size bytes of r to where a reservation says, without the token.
func (c *Client) Upload(ctx context.Context, up Upload, r io.Reader, size int64) error {
	target, err := c.base.Parse(up.URL)
	if err != nil {
		return fmt.Errorf("client: upload address: %w", err)
	}
	contentType := ""
	body := io.LimitReader(r, size)
	if up.Method == http.MethodPost {
		var head bytes.Buffer
		form := multipart.NewWriter(&head)
		for _, name := range slices.Sorted(maps.Keys(up.Fields)) {
			if err := form.WriteField(name, up.Fields[name]); err != nil {
				return err
			}
		}
		if _, err := form.CreateFormFile("file", "file"); err != nil {
			return err
		}
		tail := "\r\n--" + form.Boundary() + "--\r\n"
		contentType = form.FormDataContentType()
		// Read the length first: reading the body empties the buffer.
		length := int64(head.Len()) + size + int64(len(tail))
		body, size = io.MultiReader(&head, body, bytes.NewBufferString(tail)), length
	}
	req, err := http.NewRequestWithContext(ctx, up.Method, target.String(), body)
	if err != nil {
		return fmt.Errorf("client: upload: %w", err)
	}
	req.ContentLength = size
	for name, value := range up.Headers {
		req.Header.Set(name, value)
	}
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	resp, err := c.plain.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode >= 300 {
		return readError(resp, time.Now())
	}
	return nil
}

// ConfirmAttachment is the last step of [Client.Attach]: the server compares what it got with the reservation.
func (c *Client) ConfirmAttachment(ctx context.Context, id uuid.UUID, opts ...CallOption) (*Attachment, error) {
	return do[Attachment](keyed(opts), func(e edit) (*http.Response, error) { return c.raw.ConfirmAttachment(ctx, id, nil, e) })
}

// Attachment reads an attachment's data, not its bytes.
func (c *Client) Attachment(ctx context.Context, id uuid.UUID, opts ...CallOption) (*Attachment, error) {
	return do[Attachment](opts, func(e edit) (*http.Response, error) { return c.raw.GetAttachment(ctx, id, e) })
}

// DeleteAttachment deletes an attachment.
func (c *Client) DeleteAttachment(ctx context.Context, id uuid.UUID, opts ...CallOption) error {
	return discard(opts, func(e edit) (*http.Response, error) { return c.raw.DeleteAttachment(ctx, id, e) })
}

// Download streams an attachment's bytes. The caller closes it.
func (c *Client) Download(ctx context.Context, id uuid.UUID, opts ...CallOption) (io.ReadCloser, error) {
	_, e := prepare(opts)
	resp, err := c.raw.DownloadAttachment(ctx, id, e)
	if err != nil {
		return nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusFound {
		return nil, readError(resp, time.Now())
	}
	// Location may be relative. The signed address gets no token: it needs none, and may belong to somebody else.
	at, err := resp.Location()
	if err != nil {
		return nil, fmt.Errorf("client: download: %w", err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, at.String(), nil)
	if err != nil {
		return nil, fmt.Errorf("client: download: %w", err)
	}
	file, err := c.plain.Do(req)
	if err != nil {
		return nil, err
	}
	if file.StatusCode >= 300 {
		defer func() { _ = file.Body.Close() }()
		return nil, readError(file, time.Now())
	}
	return file.Body, nil
}
