package config

import (
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/task-tracker/task-tracker/app/internal/auth"
)

// Config is all that can be set, checked as a whole.
type Config struct {
	Addr        string // host:port
	MetricsAddr string // host:port; empty: no metrics
	PublicURL   string // where clients reach the API, without a slash at its end
	Database    Database
	BlobURL     string // file:PATH or s3://…

	SignupOpen     bool
	BootstrapToken string
	OIDC           OIDC

	LogLevel  slog.Level
	LogFormat string // json or text
	AccessLog string // true, errors or false

	TrustedProxies []netip.Prefix
	CORSOrigins    []string

	// requests per minute; 0: no limit
	RateLimitPrincipal, RateLimitAddress, RateLimitCredentials int

	AttachmentMaxBytes int64
	AttachmentTypes    []string // media types, `image/*` among them
	ImportMaxBytes     int64

	DrainDelay      time.Duration
	ShutdownTimeout time.Duration

	effective []Effective
}

// Database says where the data is.
type Database struct {
	URL           string // mysql://… or sqlite:PATH; put together from its parts where they were given
	ReplicaURL    string
	CAFile        string
	MaxConns      int
	Migrate       bool // serve brings the schema up to date
	AdminUser     string
	AdminPassword string

	host, name, user, password string
}

// User and Password are the application's own login, from the URL or from its variables.
func (d Database) User() string { return d.userinfo().Username() }

// Password is the password of [Database.User].
func (d Database) Password() string {
	p, _ := d.userinfo().Password()
	return p
}

func (d Database) userinfo() *url.Userinfo {
	u, err := url.Parse(d.URL)
	if err != nil || u.User == nil {
		return url.User("")
	}
	return u.User
}

// SQLite reports whether the embedded database is used.
func (d Database) SQLite() bool { return strings.HasPrefix(d.URL, "sqlite:") }

// OIDC is the identity provider whose tokens are accepted; none where Issuer is empty.
type OIDC struct {
	Issuer, Audience string
	Signup           bool
	ScopeClaims      []string                // the claims that scopes are read from
	Scopes           map[auth.Scope][]string // the provider's words for each scope
	DefaultScopes    []auth.Scope            // of tokens without any of those words
	EmailVerified    string                  // a claim's name, or trusted
}

// Loopback reports whether only this machine can reach the API: it listens on a loopback address, and no setting tells of
// a proxy before it (trusted proxies, or a public URL on another host).
func (c *Config) Loopback() bool {
	host, _, err := net.SplitHostPort(c.Addr)
	if err != nil || !isLoopback(host) || len(c.TrustedProxies) > 0 {
		return false
	}
	u, err := url.Parse(c.PublicURL)
	return err == nil && (c.PublicURL == "" || isLoopback(u.Hostname()))
}

// Faults are all that is wrong with the environment.
type Faults []string

// Error implements error: a line for each fault.
func (f Faults) Error() string { return strings.Join(f, "\n") }

// Load reads the settings from an environment as os.Environ gives it. The error is [Faults]: each names its variable,
// what is wrong and what would be right.
func Load(environ []string) (*Config, error) {
	given := map[string]string{}
	var faults Faults
	for _, entry := range environ {
		name, value, _ := strings.Cut(entry, "=")
		if !strings.HasPrefix(name, prefix) || foreign(name) {
			continue
		}
		if !slices.ContainsFunc(table, func(s setting) bool { return s.name == name }) {
			faults = append(faults, fmt.Sprintf("%s: there is no such setting; the nearest is %s", name, nearest(name)))
			continue
		}
		given[name] = value
	}
	c := &Config{}
	for _, s := range table {
		value, set := given[s.name]
		if !set || value == "" && !s.mayBeEmpty {
			value, set = s.standard, false
		}
		shown := value
		if value != "" {
			if err := s.set(c, value); err != nil {
				faults = append(faults, fmt.Sprintf("%s: %v", s.name, err))
			}
		}
		if s.show != nil {
			shown = s.show(value)
		}
		c.effective = append(c.effective, Effective{Name: s.name, Value: shown, Default: s.standard, Set: set})
	}
	faults = append(faults, c.whole(given)...)
	if len(faults) > 0 {
		slices.Sort(faults)
		return nil, faults
	}
	return c, nil
}

// whole checks what no setting can be asked alone, and fills in the defaults that depend on others.
func (c *Config) whole(given map[string]string) (faults Faults) {
	fault := func(name, format string, args ...any) {
		faults = append(faults, prefix+name+": "+fmt.Sprintf(format, args...))
	}
	d := &c.Database
	parts := d.name != "" || d.user != "" || d.password != ""
	switch {
	case d.host != "" && given[prefix+"DATABASE_URL"] != "":
		fault("DATABASE_HOST", "is set beside %sDATABASE_URL; set one of them", prefix)
	case d.host != "":
		for name, value := range map[string]string{"DATABASE_NAME": d.name, "DATABASE_USER": d.user, "DATABASE_PASSWORD": d.password} {
			if value == "" {
				fault(name, "is required where %sDATABASE_HOST is set", prefix)
			}
		}
		if strings.ContainsAny(d.name, badInName) {
			fault("DATABASE_NAME", "cannot have / or @ in it")
		}
		d.URL = (&url.URL{Scheme: "mysql", User: url.UserPassword(d.user, d.password), Host: d.host, Path: "/" + d.name}).String()
	case parts:
		fault("DATABASE_HOST", "is required where DATABASE_NAME, DATABASE_USER or DATABASE_PASSWORD is set")
	}
	if d.SQLite() {
		for name, value := range map[string]string{"DATABASE_REPLICA_URL": d.ReplicaURL, "DATABASE_CA_FILE": d.CAFile, "DATABASE_ADMIN_USER": d.AdminUser} {
			if value != "" {
				fault(name, "is for MySQL; the database is SQLite")
			}
		}
	}
	if (d.AdminUser == "") != (d.AdminPassword == "") {
		fault("DATABASE_ADMIN_USER", "and %sDATABASE_ADMIN_PASSWORD belong together; set both or none", prefix)
	}
	if (c.OIDC.Issuer == "") != (c.OIDC.Audience == "") {
		fault("OIDC_ISSUER", "and %sOIDC_AUDIENCE belong together; set both or none", prefix)
	}
	for _, name := range []string{"OIDC_SIGNUP", "OIDC_SCOPE_CLAIMS", "OIDC_SCOPES", "OIDC_DEFAULT_SCOPES", "OIDC_EMAIL_VERIFIED"} {
		if value := given[prefix+name]; value != "" && value != "false" && c.OIDC.Issuer == "" {
			fault(name, "needs %sOIDC_ISSUER", prefix)
		}
	}
	if c.MetricsAddr != "" && c.MetricsAddr == c.Addr && !strings.HasSuffix(c.Addr, ":0") {
		fault("METRICS_ADDR", "is the address of the API itself; give metrics an address of their own, or leave it empty for none")
	}
	c.dependent(given)
	return faults
}

// dependent fills in what follows from other settings.
func (c *Config) dependent(given map[string]string) {
	if given[prefix+"MIGRATE"] == "" {
		c.Database.Migrate = c.Database.SQLite()
		c.show("MIGRATE", map[bool]string{true: "auto", false: "off"}[c.Database.Migrate])
	}
	if given[prefix+"DRAIN_DELAY"] == "" {
		if !c.Database.SQLite() {
			c.DrainDelay = 10 * time.Second
		}
		c.show("DRAIN_DELAY", c.DrainDelay.String())
	}
	if c.PublicURL == "" {
		c.PublicURL = "http://" + clientAddr(c.Addr)
		c.show("PUBLIC_URL", c.PublicURL)
	}
	c.show("DATABASE_URL", hidePassword(c.Database.URL))
}

func (c *Config) show(name, value string) {
	for i := range c.effective {
		if c.effective[i].Name == prefix+name {
			c.effective[i].Value = value
		}
	}
}

// clientAddr is where a client on this machine reaches a server that listens on addr.
func clientAddr(addr string) string {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return addr
	}
	if ip, err := netip.ParseAddr(host); host == "" || err == nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return net.JoinHostPort(host, port)
}

// ClientAddr is where a client on this machine reaches the API.
func (c *Config) ClientAddr() string { return clientAddr(c.Addr) }

// foreign reports whether a variable is somebody else's in spite of its name: the tests' own, and those that Kubernetes
// and Docker set for a service that is called tasktracker.
func foreign(name string) bool {
	rest := strings.TrimPrefix(name, prefix)
	return strings.HasPrefix(rest, "TEST_") || strings.HasPrefix(rest, "SERVICE_") || rest == "PORT" || strings.HasPrefix(rest, "PORT_")
}

// nearest is the known name with the fewest letters to change.
func nearest(name string) string {
	best, least := "", 1<<30
	for _, s := range table {
		if d := distance(name, s.name); d < least {
			best, least = s.name, d
		}
	}
	return best
}

// distance is Levenshtein's.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
