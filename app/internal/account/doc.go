// Package account is about people and how they prove who they are: signing up, sessions, personal access tokens and
// bearer JWTs of an OpenID Connect issuer.
//
// A token is shown once and kept as its SHA-256; a password is kept as argon2id. [Service.Authenticate] turns the bearer
// of a request into an [auth.Principal], with a cache that is never older than [Options.CacheTTL], so that a revocation
// made by another process takes effect within that time, and one made by this process at once.
//
// The e-mail of a sign-up is never verified; that of an issuer's JWT is. When a subject of the issuer is first matched
// with an account by its e-mail, the account's password, tokens and sessions end in the same transaction, so that nobody
// who registered somebody else's address beforehand stays in. The person may set a password and make tokens anew.
//
// What a JWT may do is what its claims say in the issuer's words ([OIDCOptions.Scopes]); one that says nothing known may do
// nothing, unless [OIDCOptions.DefaultScopes] grants it something.
//
// A token may be bound to one workspace: [auth.Principal.Workspace]. A [ServiceAccount] is a program's account, of one
// workspace, without e-mail and password; administrators of the workspace make its tokens, which are bound by nature.
//
// An account that came with an import has neither password nor identity: nobody can log in to it. Its person claims it by
// signing up with an invitation to its address, which opens it only where the inviter could do as much themselves: see
// [Claim]. [Service.DeleteMe] ends the caller's account for good: what it wrote stays, by an account without name and
// address. [Service.Export] writes what is kept of it.
//
// Wiring:
//
//	service := account.NewService(store.NewAccountStores(db), account.Options{
//		OpenSignup:     cfg.SignupOpen,
//		BootstrapToken: cfg.BootstrapToken,
//		OIDC:           account.NewOIDC(account.OIDCOptions{Issuer: cfg.OIDC.Issuer, Audience: cfg.OIDC.Audience}), // nil without an issuer
//		OIDCSignup:     cfg.OIDC.Signup,
//	})
//	defer service.Close() // waits for the writes of `last_used_at`; before db.Close
package account
