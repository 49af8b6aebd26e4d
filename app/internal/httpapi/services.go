package httpapi

import (
	"net/http"
	"net/netip"

	"github.com/task-tracker/task-tracker/app/internal/account"
	"github.com/task-tracker/task-tracker/app/internal/activity"
	"github.com/task-tracker/task-tracker/app/internal/attachment"
	"github.com/task-tracker/task-tracker/app/internal/comment"
	"github.com/task-tracker/task-tracker/app/internal/project"
	"github.com/task-tracker/task-tracker/app/internal/task"
	"github.com/task-tracker/task-tracker/app/internal/transfer"
	"github.com/task-tracker/task-tracker/app/internal/workspace"
)

// Services are the domains that the handlers call.
type Services struct {
	Accounts    *account.Service
	Workspaces  *workspace.Service
	Projects    *project.Service
	Tasks       *task.Service
	Comments    *comment.Service
	Attachments *attachment.Service
	Activity    *activity.Service
	Transfers   *transfer.Service
}

// loopback reports whether the request comes from this machine to a server that only this machine can reach. Behind a
// proxy on the same machine everybody would look like that, so a request that was passed on never counts.
func (s *Server) loopback(r *http.Request) bool {
	if !s.opts.Loopback || r.Header.Get("X-Forwarded-For") != "" || r.Header.Get("Forwarded") != "" || r.Header.Get("Via") != "" {
		return false
	}
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	return err == nil && peer.Addr().Unmap().IsLoopback()
}
