package config

import (
	"errors"
	"fmt"
	"strings"

	"github.com/task-tracker/task-tracker/app/internal/auth"
)

// providers is the part of CONFIGURATION.md on what the settings of OpenID Connect are for some providers.
const providers = `
## Identity providers

What the settings of OpenID Connect are for some providers. Tokens are access tokens for this API: register it with the provider, with
scopes of its own, and have clients ask for them.

| | Microsoft Entra ID | Okta | A provider that follows RFC 9068 |
|---|---|---|---|
| ` + "`TASKTRACKER_OIDC_ISSUER`" + ` | ` + "`https://login.microsoftonline.com/TENANT-ID/v2.0`" + `, of one tenant; set ` + "`requestedAccessTokenVersion`" + ` to 2 in the app's manifest | ` + "`https://ORG.okta.com/oauth2/SERVER-ID`" + `, a custom authorization server: tokens of the org's own one cannot be checked by others | as in its discovery document |
| ` + "`TASKTRACKER_OIDC_AUDIENCE`" + ` | the application (client) ID of the API's registration | the authorization server's audience | the API's identifier |
| ` + "`TASKTRACKER_OIDC_SCOPES`" + ` | the names under "Expose an API", as they are in ` + "`scp`" + `, a string: ` + "`read=Tasks.Read,write=Tasks.ReadWrite,admin=Tasks.Admin`" + ` | the scopes of the authorization server, as they are in ` + "`scp`" + `, a list: ` + "`read=tasks:read,write=tasks:write,admin=tasks:admin`" + ` | as they are in ` + "`scope`" + `, a string: ` + "`read=api://tasks/read,…`" + ` |
| ` + "`TASKTRACKER_OIDC_SCOPE_CLAIMS`" + ` | the default; with ` + "`scope,scp,roles`" + ` the app roles of users, and of programs without a user, count too (map their values as well) | the default | the default |
| ` + "`TASKTRACKER_OIDC_EMAIL_VERIFIED`" + ` | ` + "`xms_edov`" + `, after adding the optional claims ` + "`email`" + ` and ` + "`xms_edov`" + ` to access tokens. Not ` + "`trusted`" + `: an administrator of a tenant may set ` + "`email`" + ` to any address, and guests bring theirs from their own tenants | ` + "`trusted`" + ` where only administrators set addresses; else a claim of your own with the value ` + "`true`" + `. Add the claim ` + "`email`" + ` (` + "`user.email`" + `) to the access token | the default |
`

// claimName accepts the name of a claim: any text without white space, quotes and what separates settings.
func claimName(name string) bool {
	return name != "" && !strings.ContainsFunc(name, func(r rune) bool { return r <= ' ' || r == 0x7f || strings.ContainsRune(`"',=`, r) })
}

func setScopeClaims(c *Config, value string) error {
	names := list(value)
	for _, name := range names {
		if !claimName(name) {
			return fmt.Errorf("%q must be claims' names, separated by commas, such as scope,scp", value)
		}
	}
	if len(names) == 0 {
		return errors.New("names no claim")
	}
	c.OIDC.ScopeClaims = names
	return nil
}

func setScopes(c *Config, value string) error {
	words := map[auth.Scope][]string{}
	var faults []string
	for _, entry := range list(value) {
		scope, word, found := strings.Cut(entry, "=")
		switch {
		case !found || word == "" || strings.ContainsAny(word, " \t"):
			faults = append(faults, fmt.Sprintf("%q must be scope=word, such as read=api://tasks/read", entry))
		case !auth.Scope(scope).Valid():
			faults = append(faults, fmt.Sprintf("%q is not a scope; read, write and admin are", scope))
		default:
			words[auth.Scope(scope)] = append(words[auth.Scope(scope)], word)
		}
	}
	if len(words) == 0 && len(faults) == 0 {
		faults = append(faults, "names no scope")
	}
	if len(faults) > 0 {
		return errors.New(strings.Join(faults, "; "))
	}
	c.OIDC.Scopes = words
	return nil
}

func setDefaultScopes(c *Config, value string) error {
	for _, name := range list(value) {
		if !auth.Scope(name).Valid() {
			return fmt.Errorf("%q is not a scope; read, write and admin are", name)
		}
		c.OIDC.DefaultScopes = append(c.OIDC.DefaultScopes, auth.Scope(name))
	}
	return nil
}

func setEmailVerified(c *Config, value string) error {
	if !claimName(value) {
		return fmt.Errorf("%q must be one claim's name, such as email_verified or xms_edov, or trusted", value)
	}
	c.OIDC.EmailVerified = value
	return nil
}
