package config

import (
	"errors"
	"fmt"
	"log/slog"
	"mime"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/task-tracker/task-tracker/app/internal/blob"
)

const prefix = "TASKTRACKER_"

// setting is one variable.
type setting struct {
	name       string
	standard   string // the default, as one would write it
	when       string // the default in words, where it depends on other settings
	mayBeEmpty bool   // empty is a value of its own, not the default
	doc        string
	set        func(c *Config, value string) error
	show       func(value string) string // what may be printed; the value where nil
}

// table lists all settings in the order in which they are explained.
var table = []setting{
	{
		name: prefix + "ADDR", standard: "127.0.0.1:3000", set: address(func(c *Config) *string { return &c.Addr }),
		doc: "Where the API listens, `host:port`. `:3000` is every address of the machine.",
	},
	{
		name: prefix + "METRICS_ADDR", standard: "127.0.0.1:3001", mayBeEmpty: true, set: address(func(c *Config) *string { return &c.MetricsAddr }),
		doc: "Where `/metrics` listens, for Prometheus. Empty: no metrics. The default is for this machine alone: in a container, set `:3001`, or nothing outside it can scrape.",
	},
	{
		name: prefix + "PUBLIC_URL", when: "`http://` and the address", set: setPublicURL,
		doc: "Where clients reach the API, such as `https://tasks.example.com`. Signed links to attachments on disk start with it.",
	},

	{ //nolint:gosec // an example, no password
		name: prefix + "DATABASE_URL", standard: "sqlite:./var/tasktracker.db", set: setDatabase, show: hidePassword,
		doc: "`sqlite:PATH`, the path as it is, or `mysql://user:password@host:3306/name`, special characters percent-encoded; `?tls=true` for TLS by the system's roots.",
	},
	{name: prefix + "DATABASE_HOST", set: setDatabaseHost, doc: "Instead of the URL, as a container gets them from secrets: `host` or `host:port`."},
	{name: prefix + "DATABASE_NAME", set: text(func(c *Config) *string { return &c.Database.name }), doc: "The database on that host."},
	{name: prefix + "DATABASE_USER", set: text(func(c *Config) *string { return &c.Database.user }), doc: "The application's user on that host."},
	{name: prefix + "DATABASE_PASSWORD", set: text(func(c *Config) *string { return &c.Database.password }), show: hide, doc: "That user's password."},
	{
		name: prefix + "DATABASE_CA_FILE", set: text(func(c *Config) *string { return &c.Database.CAFile }),
		doc: "PEM file; with it, MySQL is reached by TLS only and its certificate is checked. The image holds Amazon RDS's at `/etc/ssl/rds/global-bundle.pem`.",
	},
	{
		name: prefix + "DATABASE_REPLICA_URL", set: setReplica, show: hidePassword,
		doc: "A MySQL read replica. Lists, search and export go there where a request says `Prefer: consistency=eventual`.",
	},
	{
		name: prefix + "DATABASE_MAX_CONNS", standard: "8", set: integer(1, 1000, func(c *Config) *int { return &c.Database.MaxConns }),
		doc: "Open connections to MySQL for requests, at most. Besides, exports open up to 2 (and 2 on the replica), imports and migrations up to 4, while they run.",
	},
	{
		name: prefix + "DATABASE_ADMIN_USER", set: text(func(c *Config) *string { return &c.Database.AdminUser }),
		doc: "An administrator's login, for `migrate up` only: it changes the schema and, with `--ensure-user`, creates the application's user.",
	},
	{name: prefix + "DATABASE_ADMIN_PASSWORD", set: text(func(c *Config) *string { return &c.Database.AdminPassword }), show: hide, doc: "The administrator's password."},
	{name: prefix + "MIGRATE", when: "`auto` on SQLite, `off` on MySQL", set: choice(map[string]func(*Config){
		"auto": func(c *Config) { c.Database.Migrate = true }, "off": func(c *Config) { c.Database.Migrate = false },
	}), doc: "`auto`: `serve` brings the schema up to date. `off`: that is `tasktracker migrate up`'s business, and `/ready` fails until it is done."},

	{
		name: prefix + "BLOB_URL", standard: "file:./var/blobs", set: setBlobURL,
		doc: "Where attachments are: `file:PATH`, or `s3://BUCKET?region=…&endpoint=…&path_style=true&upload=put`, all parameters optional. " +
			"Credentials come from the AWS environment. `upload=put` is for stores that do not know S3's form POST. Tried: versitygw, both " +
			"ways. By their documentation, not tried: AWS S3 and MinIO; Cloudflare R2 with `region=auto&upload=put`; not Backblaze B2 " +
			"(`internal/blob/doc.go` has the details).",
	},
	{
		name: prefix + "ATTACHMENT_MAX_BYTES", standard: "25MiB", set: size(func(c *Config) *int64 { return &c.AttachmentMaxBytes }),
		doc: "The largest attachment; bytes, or a number with KiB, MiB or GiB.",
	},
	{
		name: prefix + "ATTACHMENT_TYPES", standard: "image/png,image/jpeg,image/gif,image/webp,application/pdf,application/zip,application/json,text/plain,text/csv,text/markdown",
		set: setTypes, doc: "The media types that attachments may have, separated by commas; `image/*` is all images.",
	},
	{
		name: prefix + "IMPORT_MAX_BYTES", standard: "1GiB", set: size(func(c *Config) *int64 { return &c.ImportMaxBytes }),
		doc: "The largest import over HTTP.",
	},

	{name: prefix + "SIGNUP", standard: "invite", set: choice(map[string]func(*Config){
		"invite": func(c *Config) { c.SignupOpen = false }, "open": func(c *Config) { c.SignupOpen = true },
	}), doc: "Who may sign up after the first account: `invite`: whoever has an invitation; `open`: everybody."},
	{
		name: prefix + "BOOTSTRAP_TOKEN", set: setBootstrap, show: hide,
		doc: "The secret with which the first account is made where the API can be reached from elsewhere: it listens on more than a loopback address, or a proxy or public URL is configured. 16 characters or more.",
	},
	{name: prefix + "OIDC_ISSUER", set: setIssuer, doc: "An OpenID Connect issuer whose tokens are accepted as bearer tokens."},
	{name: prefix + "OIDC_AUDIENCE", set: text(func(c *Config) *string { return &c.OIDC.Audience }), doc: "The audience that such a token must name."},
	{
		name: prefix + "OIDC_SIGNUP", standard: "false", set: boolean(func(c *Config) *bool { return &c.OIDC.Signup }),
		doc: "`true`: everybody who comes with such a token and a verified e-mail address gets an account.",
	},
	{
		name: prefix + "OIDC_SCOPE_CLAIMS", standard: "scope,scp", set: setScopeClaims,
		doc: "The claims that say what such a token may be used for, separated by commas. Each is a string of words or a list of them; one of another form allows nothing.",
	},
	{
		name: prefix + "OIDC_SCOPES", standard: "read=read,write=write,admin=admin", set: setScopes,
		doc: "The issuer's words for the scopes `read`, `write` and `admin`, as `scope=word`, separated by commas; a scope may have several. Each scope includes the ones before it.",
	},
	{
		name: prefix + "OIDC_DEFAULT_SCOPES", set: setDefaultScopes,
		doc: "The scopes of a token that has none of those words, such as `read`. None: such a token may do nothing (403 `insufficient_scope`).",
	},
	{
		name: prefix + "OIDC_EMAIL_VERIFIED", standard: "email_verified", set: setEmailVerified,
		doc: "The claim by which the issuer says that it has verified the address in the claim `email` (`true` or 1, also as strings), without which nobody is matched with an account. `trusted`: the issuer verifies every address, so no claim is needed.",
	},

	{
		name: prefix + "TRUSTED_PROXIES", set: setProxies,
		doc: "Addresses or CIDR prefixes of the proxies before the API, separated by commas. Only they may name the client in `X-Forwarded-For`.",
	},
	{name: prefix + "CORS_ORIGINS", set: setOrigins, doc: "Origins whose pages may call the API from a browser, separated by commas: `https://app.example.com`."},
	{
		name: prefix + "RATE_LIMIT_PRINCIPAL", standard: "6000", set: integer(0, 1e9, func(c *Config) *int { return &c.RateLimitPrincipal }),
		doc: "Requests a minute for one account. 0: no limit.",
	},
	{
		name: prefix + "RATE_LIMIT_ADDRESS", standard: "600", set: integer(0, 1e9, func(c *Config) *int { return &c.RateLimitAddress }),
		doc: "Requests a minute without a valid token for one client address (an IPv6 /64). 0: no limit.",
	},
	{
		name: prefix + "RATE_LIMIT_CREDENTIALS", standard: "30", set: integer(0, 1e9, func(c *Config) *int { return &c.RateLimitCredentials }),
		doc: "Sign-ups and log-ins a minute for one client address. 0: no limit.",
	},

	{name: prefix + "LOG_LEVEL", standard: "info", set: choice(map[string]func(*Config){
		"debug": func(c *Config) { c.LogLevel = slog.LevelDebug }, "info": func(c *Config) { c.LogLevel = slog.LevelInfo },
		"warn": func(c *Config) { c.LogLevel = slog.LevelWarn }, "error": func(c *Config) { c.LogLevel = slog.LevelError },
	}), doc: "`debug`, `info`, `warn` or `error`."},
	{name: prefix + "LOG_FORMAT", standard: "json", set: choice(map[string]func(*Config){
		"json": func(c *Config) { c.LogFormat = "json" }, "text": func(c *Config) { c.LogFormat = "text" },
	}), doc: "`json` or `text`."},
	{name: prefix + "ACCESS_LOG", standard: "true", set: choice(map[string]func(*Config){
		"true": func(c *Config) { c.AccessLog = "true" }, "false": func(c *Config) { c.AccessLog = "false" }, "errors": func(c *Config) { c.AccessLog = "errors" },
	}), doc: "`true`: a line for each request; `errors`: for those that failed; `false`: none."},

	{
		name: prefix + "DRAIN_DELAY", when: "`0s` on SQLite, `10s` on MySQL", set: duration(0, 10*time.Minute, func(c *Config) *time.Duration { return &c.DrainDelay }),
		doc: "How long requests are still accepted after SIGTERM, while `/ready` fails and the load balancer turns away.",
	},
	{
		name: prefix + "SHUTDOWN_TIMEOUT", standard: "25s", set: duration(time.Second, 10*time.Minute, func(c *Config) *time.Duration { return &c.ShutdownTimeout }),
		doc: "How long requests under way may take after that.",
	},
}

// hide stands for a secret; hidePassword for a URL that may hold one.
func hide(value string) string {
	if value == "" {
		return ""
	}
	return "********"
}

func hidePassword(value string) string {
	if strings.HasPrefix(value, "sqlite:") { // a path, which may hold anything
		return value
	}
	u, err := url.Parse(value)
	if err != nil {
		return hide(value) // whatever it is, it may hold a password
	}
	return u.Redacted()
}

func text(field func(*Config) *string) func(*Config, string) error {
	return func(c *Config, value string) error {
		*field(c) = value
		return nil
	}
}

func address(field func(*Config) *string) func(*Config, string) error {
	return func(c *Config, value string) error {
		host, port, err := net.SplitHostPort(value)
		if err != nil {
			return fmt.Errorf("%q must be host:port, such as 127.0.0.1:3000", value)
		}
		if _, err := strconv.ParseUint(port, 10, 16); err != nil {
			return fmt.Errorf("%q: the port must be a number from 0 to 65535", value)
		}
		if strings.ContainsAny(host, " /") {
			return fmt.Errorf("%q: %q is no host", value, host)
		}
		*field(c) = value
		return nil
	}
}

func choice(choices map[string]func(*Config)) func(*Config, string) error {
	return func(c *Config, value string) error {
		set, ok := choices[value]
		if !ok {
			names := make([]string, 0, len(choices))
			for name := range choices {
				names = append(names, name)
			}
			slices.Sort(names)
			return fmt.Errorf("%q must be one of %s", value, strings.Join(names, ", "))
		}
		set(c)
		return nil
	}
}

func boolean(field func(*Config) *bool) func(*Config, string) error {
	return choice(map[string]func(*Config){
		"true":  func(c *Config) { *field(c) = true },
		"false": func(c *Config) { *field(c) = false },
	})
}

func integer(low, high int, field func(*Config) *int) func(*Config, string) error {
	return func(c *Config, value string) error {
		n, err := strconv.Atoi(value)
		if err != nil || n < low || n > high {
			return fmt.Errorf("%q must be a whole number from %d to %d", value, low, high)
		}
		*field(c) = n
		return nil
	}
}

func duration(low, high time.Duration, field func(*Config) *time.Duration) func(*Config, string) error {
	return func(c *Config, value string) error {
		d, err := time.ParseDuration(value)
		if err != nil || d < low || d > high {
			return fmt.Errorf("%q must be a duration from %s to %s, such as 10s", value, low, high)
		}
		*field(c) = d
		return nil
	}
}

func size(field func(*Config) *int64) func(*Config, string) error {
	return func(c *Config, value string) error {
		number, factor := value, int64(1)
		for suffix, f := range map[string]int64{"KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30} {
			if rest, ok := strings.CutSuffix(value, suffix); ok {
				number, factor = strings.TrimSpace(rest), f
			}
		}
		n, err := strconv.ParseInt(number, 10, 64)
		if err != nil || n < 1 || n > (1<<50)/factor {
			return fmt.Errorf("%q must be a number of bytes, or one with KiB, MiB or GiB, such as 25MiB", value)
		}
		*field(c) = n * factor
		return nil
	}
}

// list splits at commas and drops white space and empty members.
func list(value string) []string {
	var out []string
	for member := range strings.SplitSeq(value, ",") {
		if member = strings.TrimSpace(member); member != "" {
			out = append(out, member)
		}
	}
	return out
}

func setPublicURL(c *Config, value string) error {
	u, err := url.Parse(value)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "" || u.User != nil {
		return errors.New("must be http://HOST[:PORT] or https://HOST[:PORT] without a path")
	}
	c.PublicURL = u.Scheme + "://" + u.Host
	return nil
}

func setBlobURL(c *Config, value string) error {
	if _, err := blob.ParseURL(value); err != nil {
		return err
	}
	c.BlobURL = value
	if rest, ok := strings.CutPrefix(value, "file:"); ok {
		path, err := localPath("file:", rest)
		c.BlobURL = "file:" + path
		return err
	}
	return nil
}

func setTypes(c *Config, value string) error {
	types := list(value)
	for i, t := range types {
		mediaType, params, err := mime.ParseMediaType(t)
		if err != nil || len(params) > 0 || strings.Count(mediaType, "/") != 1 {
			return fmt.Errorf("%q is no media type", t)
		}
		types[i] = mediaType
	}
	if len(types) == 0 {
		return errors.New("names no media type")
	}
	c.AttachmentTypes = types
	return nil
}

func setBootstrap(c *Config, value string) error {
	if len(value) < 16 {
		return errors.New("must have 16 characters or more; `openssl rand -hex 16` makes one")
	}
	c.BootstrapToken = value
	return nil
}

func setIssuer(c *Config, value string) error {
	u, err := url.Parse(value)
	if err != nil || u.Host == "" || u.RawQuery != "" || u.Fragment != "" || u.Scheme != "https" && !(u.Scheme == "http" && isLoopback(u.Hostname())) {
		return fmt.Errorf("%q must be an https URL, as the provider's tokens have it in `iss`", value)
	}
	c.OIDC.Issuer = value
	return nil
}

func isLoopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}

func setProxies(c *Config, value string) error {
	for _, member := range list(value) {
		p, err := netip.ParsePrefix(member)
		if err != nil {
			ip, ipErr := netip.ParseAddr(member)
			if ipErr != nil {
				return fmt.Errorf("%q is neither an IP address nor a CIDR prefix", member)
			}
			p = netip.PrefixFrom(ip, ip.BitLen())
		}
		if p.Bits() == 0 {
			return fmt.Errorf("%q trusts everybody; name the proxies", member)
		}
		c.TrustedProxies = append(c.TrustedProxies, p.Masked())
	}
	return nil
}

func setOrigins(c *Config, value string) error {
	for _, member := range list(value) {
		u, err := url.Parse(member)
		if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.Path != "" || u.RawQuery != "" || strings.Contains(member, "*") {
			return fmt.Errorf("%q must be an origin, such as https://app.example.com, without a path or a wildcard", member)
		}
		c.CORSOrigins = append(c.CORSOrigins, member)
	}
	return nil
}
