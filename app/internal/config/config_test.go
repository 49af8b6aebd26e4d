package config

import (
	"errors"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/task-tracker/task-tracker/app/internal/auth"
)

func TestDefaults(t *testing.T) {
	t.Parallel()
	c, err := Load([]string{"HOME=/root", "TASKTRACKER_TEST_MYSQL_DSN=x", "TASKTRACKER_PORT_3000_TCP=tcp://10.0.0.1:3000", "TASKTRACKER_LOG_LEVEL="})
	if err != nil {
		t.Fatal(err)
	}
	if !c.Loopback() || !c.Database.SQLite() || !c.Database.Migrate || c.DrainDelay != 0 || c.ShutdownTimeout != 25*time.Second {
		t.Errorf("got %+v", c)
	}
	if c.PublicURL != "http://127.0.0.1:3000" || c.AttachmentMaxBytes != 25<<20 || c.ImportMaxBytes != 1<<30 || c.SignupOpen {
		t.Errorf("got %+v", c)
	}
}

func TestOIDC(t *testing.T) {
	t.Parallel()
	const issuer, audience = "TASKTRACKER_OIDC_ISSUER=https://issuer.example", "TASKTRACKER_OIDC_AUDIENCE=tasks"
	c, err := Load([]string{issuer, audience})
	if err != nil {
		t.Fatal(err)
	}
	want := OIDC{
		Issuer: "https://issuer.example", Audience: "tasks", ScopeClaims: []string{"scope", "scp"}, EmailVerified: "email_verified",
		Scopes: map[auth.Scope][]string{"read": {"read"}, "write": {"write"}, "admin": {"admin"}},
	}
	if diff := cmp.Diff(want, c.OIDC); diff != "" {
		t.Errorf("the defaults:\n%s", diff)
	}
	c, err = Load([]string{
		issuer, audience, "TASKTRACKER_OIDC_SCOPE_CLAIMS=scp, roles", "TASKTRACKER_OIDC_DEFAULT_SCOPES=read", "TASKTRACKER_OIDC_EMAIL_VERIFIED=xms_edov",
		"TASKTRACKER_OIDC_SCOPES=read=api://x/read, read=Tasks.Read, admin=a=b",
	})
	if err != nil {
		t.Fatal(err)
	}
	want.ScopeClaims, want.DefaultScopes, want.EmailVerified = []string{"scp", "roles"}, []auth.Scope{"read"}, "xms_edov"
	want.Scopes = map[auth.Scope][]string{"read": {"api://x/read", "Tasks.Read"}, "admin": {"a=b"}}
	if diff := cmp.Diff(want, c.OIDC); diff != "" {
		t.Error(diff)
	}
}

func TestMySQL(t *testing.T) {
	t.Parallel()
	c, err := Load([]string{
		"TASKTRACKER_DATABASE_HOST=db.example.com:3307", "TASKTRACKER_DATABASE_NAME=tasks", "TASKTRACKER_DATABASE_USER=app",
		"TASKTRACKER_DATABASE_PASSWORD=p@ss/w:rd?%", "TASKTRACKER_ADDR=:3000", "TASKTRACKER_METRICS_ADDR=",
		"TASKTRACKER_TRUSTED_PROXIES=10.0.0.0/8, 192.0.2.7", "TASKTRACKER_BOOTSTRAP_TOKEN=0123456789abcdef",
	})
	if err != nil {
		t.Fatal(err)
	}
	if c.Database.User() != "app" || c.Database.Password() != "p@ss/w:rd?%" || !strings.Contains(c.Database.URL, "@db.example.com:3307/tasks") {
		t.Errorf("URL %s", c.Database.URL)
	}
	if c.Database.Migrate || c.DrainDelay != 10*time.Second || c.Loopback() || c.MetricsAddr != "" {
		t.Errorf("got %+v", c)
	}
	want := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("192.0.2.7/32")}
	if !cmp.Equal(want, c.TrustedProxies, cmp.Comparer(func(a, b netip.Prefix) bool { return a == b })) {
		t.Errorf("proxies %v", c.TrustedProxies)
	}
	for _, s := range c.Effective() {
		if strings.Contains(s.Value, "p@ss") || strings.Contains(s.Value, "p%40ss") || strings.Contains(s.Value, "0123456789abcdef") {
			t.Errorf("%s shows a secret: %s", s.Name, s.Value)
		}
	}
	if shown := c.ShowDatabase(); !strings.Contains(shown, "db.example.com") || strings.Contains(shown, "ss") && strings.Contains(shown, "w:rd") {
		t.Errorf("shown as %s", shown)
	}
}

// Every fault is named at once, each with its variable, and none shows a secret.
func TestFaults(t *testing.T) {
	t.Parallel()
	wrong := map[string]string{
		"ADDR":                  "3000",
		"METRICS_ADDR":          "127.0.0.1:99999",
		"PUBLIC_URL":            "tasks.example.com",
		"DATABASE_URL":          "mysql://root:hunter2@/",
		"DATABASE_REPLICA_URL":  "mysql://root:hunter2@%zz/x",
		"DATABASE_MAX_CONNS":    "0",
		"DATABASE_USER":         "app",
		"DATABASE_ADMIN_USER":   "root",
		"MIGRATE":               "yes",
		"BLOB_URL":              "s3://key:hunter2@bucket",
		"ATTACHMENT_MAX_BYTES":  "25 megabytes",
		"ATTACHMENT_TYPES":      "png",
		"IMPORT_MAX_BYTES":      "-1",
		"SIGNUP":                "closed",
		"BOOTSTRAP_TOKEN":       "hunter2",
		"OIDC_ISSUER":           "http://issuer.example.com",
		"OIDC_SIGNUP":           "1",
		"OIDC_SCOPE_CLAIMS":     "scope, s c p",
		"OIDC_SCOPES":           "read=api://x/read,delete=api://x/delete,write",
		"OIDC_DEFAULT_SCOPES":   "read,everything",
		"OIDC_EMAIL_VERIFIED":   "email verified",
		"TRUSTED_PROXIES":       "0.0.0.0/0",
		"CORS_ORIGINS":          "*",
		"RATE_LIMIT_PRINCIPAL":  "many",
		"RATE_LIMIT_ADDRESS":    "-1",
		"LOG_LEVEL":             "loud",
		"LOG_FORMAT":            "xml",
		"ACCESS_LOG":            "yes",
		"DRAIN_DELAY":           "10",
		"SHUTDOWN_TIMEOUT":      "0s",
		"DATBASE_URL":           "x",
		"RATE_LIMIT_CREDENTIAL": "x",
	}
	environ := []string{}
	for name, value := range wrong {
		environ = append(environ, prefix+name+"="+value)
	}
	_, err := Load(environ)
	var faults Faults
	if !errors.As(err, &faults) {
		t.Fatalf("got %v", err)
	}
	text := "\n" + err.Error() + "\n"
	for name := range wrong {
		if name == "DATABASE_USER" { // without a host: the fault is the host's
			name = "DATABASE_HOST"
		}
		if !strings.Contains(text, "\n"+prefix+name+": ") {
			t.Errorf("%s is not named in:%s", name, text)
		}
	}
	for _, want := range []string{
		prefix + "DATBASE_URL: there is no such setting; the nearest is " + prefix + "DATABASE_URL",
		"the nearest is " + prefix + "RATE_LIMIT_CREDENTIALS",
		`"delete" is not a scope; read, write and admin are; "write" must be scope=word`,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in:%s", want, text)
		}
	}
	if strings.Contains(text, "hunter2") {
		t.Errorf("a secret is in:%s", text)
	}
}

func TestCombinations(t *testing.T) {
	t.Parallel()
	for want, environ := range map[string][]string{
		"DATABASE_HOST: is set beside":       {"DATABASE_HOST=db", "DATABASE_URL=sqlite:x", "DATABASE_NAME=n", "DATABASE_USER=u", "DATABASE_PASSWORD=p"},
		"DATABASE_PASSWORD: is required":     {"DATABASE_HOST=db", "DATABASE_NAME=n", "DATABASE_USER=u"},
		"DATABASE_NAME: cannot have":         {"DATABASE_HOST=db", "DATABASE_NAME=a/b", "DATABASE_USER=u", "DATABASE_PASSWORD=p"},
		"DATABASE_REPLICA_URL: is for MySQL": {"DATABASE_REPLICA_URL=mysql://u:p@h/n"},
		"DATABASE_CA_FILE: is for MySQL":     {"DATABASE_CA_FILE=x.pem"},
		"OIDC_ISSUER: and":                   {"OIDC_AUDIENCE=x"},
		"OIDC_SIGNUP: needs":                 {"OIDC_SIGNUP=true"},
		"OIDC_SCOPES: needs":                 {"OIDC_SCOPES=read=api://x/read"},
		"OIDC_EMAIL_VERIFIED: needs":         {"OIDC_EMAIL_VERIFIED=trusted"},
		"METRICS_ADDR: is the address":       {"METRICS_ADDR=127.0.0.1:3000"},
	} {
		for i := range environ {
			environ[i] = prefix + environ[i]
		}
		if _, err := Load(environ); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: %v, want %q", environ, err, want)
		}
	}
}

// A password with a character that ends the host is refused, not shown in part as the database's name.
func TestPasswordThatEndsTooEarly(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"p@ss/w@127.0.0.1:3306/x", "p@ss/x?w@127.0.0.1:3306/x", "p@ss/x#w@127.0.0.1:3306/x", "p@127.0.0.1/x/y"} {
		_, err := Load([]string{"TASKTRACKER_DATABASE_URL=mysql://root:" + address})
		if err == nil || !strings.Contains(err.Error(), "percent-encode") || strings.Contains(err.Error(), "127.0.0.1") {
			t.Errorf("%s: %v", address, err)
		}
	}
	c, err := Load([]string{"TASKTRACKER_DATABASE_URL=mysql://root:p%40ss%2Fw%23%3F@127.0.0.1:3306/x"})
	if err != nil || c.Database.Password() != "p@ss/w#?" {
		t.Errorf("encoded: %v", err)
	}
}

// A SQLite path is taken as it is; a URL with a host is refused with the form that is meant.
func TestLocalPaths(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]string{
		"./var/t.db": "sqlite:./var/t.db", "a%41/t?#.db": "sqlite:a%41/t?#.db", "/abs/t.db": "sqlite:/abs/t.db", "///abs/t.db": "sqlite:/abs/t.db",
		"/a%zz": "sqlite:/a%zz", "with blank.db": "sqlite:with blank.db",
	} {
		c, err := Load([]string{"TASKTRACKER_DATABASE_URL=sqlite:" + given, "TASKTRACKER_BLOB_URL=file:" + given})
		if err != nil || c.Database.URL != want || c.ShowDatabase() != want || c.BlobURL != strings.Replace(want, "sqlite:", "file:", 1) {
			t.Errorf("%s: %+v, %v", given, c, err)
		}
	}
	for given, says := range map[string]string{
		"DATABASE_URL=sqlite:":                 "needs a path: sqlite:./var/",
		"DATABASE_URL=sqlite://":               "needs a path: sqlite:./var/",
		"DATABASE_URL=sqlite::memory:":         "needs a file",
		"DATABASE_URL=sqlite://var/t.db":       `names a host, "var", but the file must be on this machine: write sqlite:var/t.db for`,
		"DATABASE_URL=sqlite://localhost/t.db": "or sqlite:/localhost/t.db for one from the root",
		"BLOB_URL=file://var/blobs":            `names a host, "var", but the file must be on this machine: write file:var/blobs for`,
		"BLOB_URL=file:":                       "must be file:PATH",
		"BLOB_URL=s3://b?regoin=x":             "not the name of a bucket",
		"BLOB_URL=s3://bucket?regoin=x":        `no parameter "regoin"`,
		"BLOB_URL=s3://bucket/prefix":          "has a path",
		"BLOB_URL=s3://bucket?path_style=x":    "path_style: must be true or false",
		"BLOB_URL=s3://bucket?endpoint=x":      "endpoint: must be https://",
		"BLOB_URL=s3://bucket?upload=form":     "upload: must be post or put",
	} {
		name, _, _ := strings.Cut(given, "=")
		_, err := Load([]string{"TASKTRACKER_" + given})
		if err == nil || !strings.HasPrefix(err.Error(), "TASKTRACKER_"+name+": ") || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v, want %q", given, err, says)
		}
	}
}

func TestConfigurationFileIsCurrent(t *testing.T) {
	t.Parallel()
	b, err := os.ReadFile("../../CONFIGURATION.md")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(Markdown(), string(b)); diff != "" {
		t.Errorf("CONFIGURATION.md is not what `go generate ./internal/config` makes:\n%s", diff)
	}
}

// Behind a proxy on this machine, everybody seems to be on this machine.
func TestLoopback(t *testing.T) {
	t.Parallel()
	for setting, want := range map[string]bool{
		"ADDR=localhost:0": true, "ADDR=[::1]:3000": true, "ADDR=:3000": false, "ADDR=192.0.2.1:3000": false,
		"PUBLIC_URL=http://localhost:8080": true, "PUBLIC_URL=http://[::1]:8080": true, "PUBLIC_URL=https://tasks.example.com": false,
		"TRUSTED_PROXIES=127.0.0.1": false,
	} {
		c, err := Load([]string{"TASKTRACKER_" + setting})
		if err != nil {
			t.Fatal(err)
		}
		if c.Loopback() != want {
			t.Errorf("%s: got %t", setting, !want)
		}
	}
}
