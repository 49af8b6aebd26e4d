package httpapi

import (
	"net"
	"net/http"
	"net/netip"
	"strings"

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

// loopback reports whether the request comes straight from this machine to a server that only this machine can reach.
// Behind a proxy on the same machine everybody has a loopback address, so a request that was passed on never counts. A
// proxy that says nothing of itself mostly keeps the name that the client asked for, and that is no loopback name. Nor is
// the name that a browser sends whose page had its own name point here.
func (s *Server) loopback(r *http.Request) bool {
	if !s.opts.Loopback || !loopbackHost(r.Host) {
		return false
	}
	for name := range r.Header {
		if strings.HasPrefix(name, "X-Forwarded-") || name == "Forwarded" || name == "Via" || name == "X-Real-Ip" {
			return false
		}
	}
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	return err == nil && peer.Addr().Unmap().IsLoopback()
}

// loopbackHost reports whether a Host header, with or without a port, names this machine only.
func loopbackHost(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	addr, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return strings.EqualFold(host, "localhost") || err == nil && addr.IsLoopback()
}
