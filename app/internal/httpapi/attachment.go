package httpapi

import (
	"net/http"

	"github.com/google/uuid"

	"github.com/task-tracker/task-tracker/app/api"
	"github.com/task-tracker/task-tracker/app/internal/attachment"
)

// ListAttachments implements GET /v1/tasks/{task}/attachments.
func (s *Server) ListAttachments(w http.ResponseWriter, r *http.Request, taskID api.PathTask, params api.ListAttachmentsParams) {
	start, err := after[uuid.UUID](s, r)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	wanted := attachment.Page{After: start, Limit: attachment.DefaultLimit, Eventual: eventual(r)}
	if params.Limit != nil {
		wanted.Limit = *params.Limit
	}
	items, next, err := s.svc.Attachments.List(r.Context(), principal(r), taskID, wanted)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	page(s, w, r, each(items, toAttachment), next)
}

// ReserveAttachment implements POST /v1/tasks/{task}/attachments.
func (s *Server) ReserveAttachment(w http.ResponseWriter, r *http.Request, taskID api.PathTask, _ api.ReserveAttachmentParams) {
	in, err := decode[api.AttachmentReserve](r)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	v, err := s.svc.Attachments.Reserve(r.Context(), principal(r), taskID, attachment.Draft{
		Filename: in.Filename, ContentType: in.ContentType, Size: in.Size, SHA256: in.SHA256,
	})
	if err != nil {
		s.fail(w, r, err)
		return
	}
	w.Header().Set("Cache-Control", "no-store") // the upload's URL is a credential
	s.created(w, r, "/v1/attachments/"+v.Attachment.ID.String(), 0, api.AttachmentReserved{
		Attachment: toAttachment(v.Attachment),
		Upload: api.Upload{
			Method: v.Upload.Method, URL: v.Upload.URL, Headers: orEmpty(v.Upload.Headers), Fields: orEmpty(v.Upload.Fields),
			ExpiresAt: v.Upload.ExpiresAt,
		},
	})
}

// GetAttachment implements GET /v1/attachments/{attachment}.
func (s *Server) GetAttachment(w http.ResponseWriter, r *http.Request, id api.PathAttachment) {
	a, err := s.svc.Attachments.Get(r.Context(), principal(r), id)
	s.attachmentOrFail(w, r, a, err)
}

// ConfirmAttachment implements POST /v1/attachments/{attachment}/confirm.
func (s *Server) ConfirmAttachment(w http.ResponseWriter, r *http.Request, id api.PathAttachment, _ api.ConfirmAttachmentParams) {
	a, err := s.svc.Attachments.Confirm(r.Context(), principal(r), id)
	s.attachmentOrFail(w, r, a, err)
}

// DownloadAttachment implements GET /v1/attachments/{attachment}/download.
func (s *Server) DownloadAttachment(w http.ResponseWriter, r *http.Request, id api.PathAttachment) {
	link, err := s.svc.Attachments.Download(r.Context(), principal(r), id)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	h := w.Header()
	h.Set("Location", link.URL)
	h.Set("Cache-Control", "no-store") // the link is a credential, and does not live long
	h.Set("Referrer-Policy", "no-referrer")
	w.WriteHeader(http.StatusFound)
}

// DeleteAttachment implements DELETE /v1/attachments/{attachment}.
func (s *Server) DeleteAttachment(w http.ResponseWriter, r *http.Request, id api.PathAttachment) {
	if err := s.svc.Attachments.Delete(r.Context(), principal(r), id); err != nil {
		s.fail(w, r, err)
		return
	}
	s.noContent(w, r)
}

func (s *Server) attachmentOrFail(w http.ResponseWriter, r *http.Request, a attachment.Attachment, err error) {
	if err != nil {
		s.fail(w, r, err)
		return
	}
	s.object(w, r, http.StatusOK, 0, toAttachment(a))
}

func toAttachment(a attachment.Attachment) api.Attachment {
	return api.Attachment{
		ID: a.ID, TaskID: a.TaskID, Filename: a.Filename, ContentType: a.ContentType, Size: a.Size, SHA256: a.SHA256.String(),
		State: api.AttachmentState(a.State), Author: api.AccountRef{ID: a.Author.ID, Name: a.Author.Name},
		CreatedAt: a.CreatedAt, ConfirmedAt: a.ConfirmedAt,
	}
}

// orEmpty keeps a map from being encoded as null.
func orEmpty(m map[string]string) map[string]string {
	if m == nil {
		return map[string]string{}
	}
	return m
}
