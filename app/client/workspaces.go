package client

import (
	"context"
	"io"
	"iter"
	"net/http"

	"github.com/google/uuid"

	"github.com/task-tracker/task-tracker/app/api"
)

// Workspaces iterates over the workspaces that the caller is a member of, by name.
func (c *Client) Workspaces(ctx context.Context, opts ...CallOption) iter.Seq2[Workspace, error] {
	return pages[Workspace](opts, func(cursor *string, e edit) (*http.Response, error) {
		return c.raw.ListWorkspaces(ctx, &api.ListWorkspacesParams{Cursor: cursor}, e)
	})
}

// CreateWorkspace makes a workspace that the caller owns.
func (c *Client) CreateWorkspace(ctx context.Context, name string, opts ...CallOption) (*Workspace, error) {
	return do[Workspace](keyed(opts), func(e edit) (*http.Response, error) {
		return c.raw.CreateWorkspace(ctx, nil, api.WorkspaceCreate{Name: name}, e)
	})
}

// Workspace reads a workspace.
func (c *Client) Workspace(ctx context.Context, id uuid.UUID, opts ...CallOption) (*Workspace, error) {
	return do[Workspace](opts, func(e edit) (*http.Response, error) { return c.raw.GetWorkspace(ctx, id, nil, e) })
}

// UpdateWorkspace renames a workspace.
func (c *Client) UpdateWorkspace(ctx context.Context, id uuid.UUID, p WorkspacePatch, opts ...CallOption) (*Workspace, error) {
	return do[Workspace](opts, func(e edit) (*http.Response, error) { return c.raw.UpdateWorkspace(ctx, id, nil, p, e) })
}

// Members iterates over a workspace's members; those who joined first come first.
func (c *Client) Members(ctx context.Context, workspace uuid.UUID, opts ...CallOption) iter.Seq2[Member, error] {
	return pages[Member](opts, func(cursor *string, e edit) (*http.Response, error) {
		return c.raw.ListMembers(ctx, workspace, &api.ListMembersParams{Cursor: cursor}, e)
	})
}

// SetRole changes a member's role.
func (c *Client) SetRole(ctx context.Context, workspace, account uuid.UUID, role Role, opts ...CallOption) (*Member, error) {
	return do[Member](opts, func(e edit) (*http.Response, error) {
		return c.raw.UpdateMember(ctx, workspace, account, api.MemberPatch{Role: role}, e)
	})
}

// RemoveMember takes an account out of a workspace; with one's own account it is leaving.
func (c *Client) RemoveMember(ctx context.Context, workspace, account uuid.UUID, opts ...CallOption) error {
	return discard(opts, func(e edit) (*http.Response, error) { return c.raw.RemoveMember(ctx, workspace, account, e) })
}

// ServiceAccounts iterates over a workspace's service accounts, oldest first.
func (c *Client) ServiceAccounts(ctx context.Context, workspace uuid.UUID, opts ...CallOption) iter.Seq2[ServiceAccount, error] {
	return pages[ServiceAccount](opts, func(cursor *string, e edit) (*http.Response, error) {
		return c.raw.ListServiceAccounts(ctx, workspace, &api.ListServiceAccountsParams{Cursor: cursor}, e)
	})
}

// CreateServiceAccount makes an account for a program.
func (c *Client) CreateServiceAccount(ctx context.Context, workspace uuid.UUID, in ServiceAccountCreate, opts ...CallOption) (*ServiceAccount, error) {
	return do[ServiceAccount](keyed(opts), func(e edit) (*http.Response, error) { return c.raw.CreateServiceAccount(ctx, workspace, nil, in, e) })
}

// ServiceAccount reads a service account.
func (c *Client) ServiceAccount(ctx context.Context, id uuid.UUID, opts ...CallOption) (*ServiceAccount, error) {
	return do[ServiceAccount](opts, func(e edit) (*http.Response, error) { return c.raw.GetServiceAccount(ctx, id, nil, e) })
}

// UpdateServiceAccount changes a service account's name or role.
func (c *Client) UpdateServiceAccount(ctx context.Context, id uuid.UUID, p ServiceAccountPatch, opts ...CallOption) (*ServiceAccount, error) {
	return do[ServiceAccount](opts, func(e edit) (*http.Response, error) { return c.raw.UpdateServiceAccount(ctx, id, nil, p, e) })
}

// DeleteServiceAccount ends a service account and its tokens. What it made keeps its name.
func (c *Client) DeleteServiceAccount(ctx context.Context, id uuid.UUID, opts ...CallOption) error {
	return discard(opts, func(e edit) (*http.Response, error) { return c.raw.DeleteServiceAccount(ctx, id, e) })
}

// ServiceTokens iterates over a service account's tokens, newest first.
func (c *Client) ServiceTokens(ctx context.Context, id uuid.UUID, opts ...CallOption) iter.Seq2[Token, error] {
	return pages[Token](opts, func(cursor *string, e edit) (*http.Response, error) {
		return c.raw.ListServiceTokens(ctx, id, &api.ListServiceTokensParams{Cursor: cursor}, e)
	})
}

// CreateServiceToken makes a token of a service account; the answer alone shows its secret. It is sent once.
func (c *Client) CreateServiceToken(ctx context.Context, id uuid.UUID, in ServiceTokenCreate, opts ...CallOption) (*TokenCreated, error) {
	return do[TokenCreated](opts, func(e edit) (*http.Response, error) { return c.raw.CreateServiceToken(ctx, id, in, e) })
}

// RevokeServiceToken ends a token of a service account.
func (c *Client) RevokeServiceToken(ctx context.Context, id, token uuid.UUID, opts ...CallOption) error {
	return discard(opts, func(e edit) (*http.Response, error) { return c.raw.RevokeServiceToken(ctx, id, token, e) })
}

// Invitations iterates over a workspace's invitations, newest first.
func (c *Client) Invitations(ctx context.Context, workspace uuid.UUID, opts ...CallOption) iter.Seq2[Invitation, error] {
	return pages[Invitation](opts, func(cursor *string, e edit) (*http.Response, error) {
		return c.raw.ListInvitations(ctx, workspace, &api.ListInvitationsParams{Cursor: cursor}, e)
	})
}

// CreateInvitation invites somebody; the answer alone shows the token to hand on. It is sent once.
func (c *Client) CreateInvitation(ctx context.Context, workspace uuid.UUID, in InvitationCreate, opts ...CallOption) (*InvitationCreated, error) {
	return do[InvitationCreated](opts, func(e edit) (*http.Response, error) { return c.raw.CreateInvitation(ctx, workspace, in, e) })
}

// RevokeInvitation takes an invitation back.
func (c *Client) RevokeInvitation(ctx context.Context, id uuid.UUID, opts ...CallOption) error {
	return discard(opts, func(e edit) (*http.Response, error) { return c.raw.RevokeInvitation(ctx, id, e) })
}

// AcceptInvitation makes the caller a member of the workspace that the token invites to.
func (c *Client) AcceptInvitation(ctx context.Context, token string, opts ...CallOption) (*Workspace, error) {
	return do[Workspace](keyed(opts), func(e edit) (*http.Response, error) {
		return c.raw.AcceptInvitation(ctx, nil, api.InvitationAccept{Token: token}, e)
	})
}

// WorkspaceActivity iterates over what happened in a workspace, newest first.
func (c *Client) WorkspaceActivity(ctx context.Context, workspace uuid.UUID, opts ...CallOption) iter.Seq2[Activity, error] {
	return pages[Activity](opts, func(cursor *string, e edit) (*http.Response, error) {
		return c.raw.ListWorkspaceActivity(ctx, workspace, &api.ListWorkspaceActivityParams{Cursor: cursor}, e)
	})
}

// LastSequence is where to begin following a workspace's changes: call it, read what you need by the lists, and go on
// with [Client.Changes].
func (c *Client) LastSequence(ctx context.Context, workspace uuid.UUID, opts ...CallOption) (int64, error) {
	feed, err := do[ChangeFeed](opts, func(e edit) (*http.Response, error) {
		return c.raw.GetChanges(ctx, workspace, &api.GetChangesParams{}, e)
	})
	if err != nil {
		return 0, err
	}
	return feed.LastSequence, nil
}

// Changes iterates over all changes of a workspace behind a sequence number, in the order of their commits, until there
// are no more now. Keep the greatest Sequence and go on from there later: none is missed. An error with [CodeGone] says
// that the workspace has another history now: read everything anew.
func (c *Client) Changes(ctx context.Context, workspace uuid.UUID, since int64, opts ...CallOption) iter.Seq2[ChangeEvent, error] {
	return func(yield func(ChangeEvent, error) bool) {
		for {
			feed, err := do[ChangeFeed](opts, func(e edit) (*http.Response, error) {
				return c.raw.GetChanges(ctx, workspace, &api.GetChangesParams{Since: &since}, e)
			})
			if err != nil {
				yield(ChangeEvent{}, err)
				return
			}
			for _, event := range feed.Items {
				if !yield(event, nil) {
					return
				}
			}
			if !feed.More {
				return
			}
			since = feed.LastSequence
		}
	}
}

// Export streams a whole workspace as NDJSON. The caller closes it. It is whole if it ends with the line that counts
// the others; importing checks that.
func (c *Client) Export(ctx context.Context, workspace uuid.UUID, opts ...CallOption) (io.ReadCloser, error) {
	accept := withHeader("Accept", ndjson+", application/problem+json")
	resp, err := exchange(append([]CallOption{accept}, opts...), func(e edit) (*http.Response, error) {
		return c.stream.ExportWorkspace(ctx, workspace, nil, e)
	})
	if err != nil {
		return nil, err
	}
	return resp.Body, nil
}

// Import creates a workspace from what [Client.Export] gave; dryRun checks everything and changes nothing. It is sent
// once where r cannot be read twice.
func (c *Client) Import(ctx context.Context, r io.Reader, dryRun bool, opts ...CallOption) (*ImportReport, error) {
	params := &api.ImportWorkspaceParams{DryRun: optional(dryRun)}
	return do[ImportReport](keyed(opts), func(e edit) (*http.Response, error) {
		return c.raw.ImportWorkspaceWithBody(ctx, params, ndjson, r, e)
	})
}

const ndjson = "application/x-ndjson"
