package e2e

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"

	"github.com/task-tracker/task-tracker/app/internal/store"
	"github.com/task-tracker/task-tracker/app/internal/testdb"
)

// openRaw opens a database of a test beside the program.
func openRaw(t *testing.T, database string) *sql.DB {
	t.Helper()
	driver, dsn := "sqlite", "file:"+strings.TrimPrefix(database, "sqlite:")
	if u, err := url.Parse(database); err == nil && u.Scheme == "mysql" {
		cfg := mysql.NewConfig()
		cfg.User, cfg.Net, cfg.Addr, cfg.DBName = u.User.Username(), "tcp", u.Host, strings.TrimPrefix(u.Path, "/")
		cfg.Passwd, _ = u.User.Password()
		driver, dsn = "mysql", cfg.FormatDSN()
	}
	db, err := sql.Open(driver, dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func execRaw(t *testing.T, db *sql.DB, text string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	if _, err := db.ExecContext(ctx, text); err != nil {
		t.Fatal(err)
	}
}

// TestMigrate runs four processes at once on an empty database, then again on the current and on a newer schema. All end
// well.
func TestMigrate(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, engine store.Engine) {
		o := offline(t, engine)
		if engine == store.SQLite { // no file is made by asking about it
			tool(t, o, nil, "migrate", "status", "--json").want(1)
		} else if got := tool(t, o, nil, "migrate", "status", "--json").want(0).json(); got["pending"] == 0.0 {
			t.Errorf("an empty database: %v", got["pending"])
		}
		outcomes := make([]outcome, 4)
		var wg sync.WaitGroup
		for i := range outcomes {
			wg.Go(func() { outcomes[i] = tool(t, o, nil, "migrate", "up", "--json") })
		}
		wg.Wait()
		applied := 0
		for _, got := range outcomes {
			steps, _ := got.want(0).json()["applied"].([]any)
			applied += len(steps)
		}
		status := tool(t, o, nil, "migrate", "status", "--json").want(0).json()
		all, _ := status["migrations"].([]any)
		if status["pending"] != 0.0 || len(all) < 10 {
			t.Errorf("pending %v of %d", status["pending"], len(all))
		}
		if applied != len(all) {
			t.Errorf("the four applied %d steps together, want %d: each once", applied, len(all))
		}
		if text := tool(t, o, nil, "migrate", "status").want(0).stdout; !strings.Contains(text, "0 of ") {
			t.Errorf("status: %s", text)
		}
		execRaw(t, openRaw(t, o.database), "INSERT INTO goose_db_version (version_id, is_applied) VALUES (99999, 1)")
		tool(t, o, nil, "migrate", "up").want(0)
		newDesk(start(t, o)) // an old program on a newer schema, as in a rolling deployment
	})
}

// TestMigrateWait waits for a database that comes later, and gives up on one that does not.
func TestMigrateWait(t *testing.T) {
	t.Parallel()
	o := offline(t, store.MySQL)
	var w *wire
	o.database, w = through(t, o.database)
	w.down()
	begin := time.Now()
	tool(t, o, nil, "migrate", "up", "--wait", "1s").want(1).says("waiting for the database", w.addr)
	if took := time.Since(begin); took > 10*time.Second {
		t.Errorf("--wait 1s took %s", took)
	}
	tool(t, o, nil, "migrate", "up").want(1).line().says(w.addr)
	go func() {
		time.Sleep(700 * time.Millisecond)
		w.up()
	}()
	tool(t, o, nil, "migrate", "up", "--wait", "30s").want(0)
}

// TestServeWithoutSchema serves with TASKTRACKER_MIGRATE=off: not ready, and it says what to run; ready once that was run.
func TestServeWithoutSchema(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, engine store.Engine) {
		o := options{engine: engine, noWait: true, env: []string{"TASKTRACKER_MIGRATE=off"}}
		s := start(t, o)
		ready := s.anonymous().get("/ready").problem(http.StatusServiceUnavailable, "unavailable")
		if detail := ready.str("detail"); !strings.Contains(detail, "tasktracker migrate up") {
			t.Errorf("/ready: %q", detail)
		}
		s.anonymous().get("/health").want(http.StatusOK)
		tool(t, s.opts, nil, "migrate", "up").want(0)
		s.waitReady(30 * time.Second)
		newDesk(s)
	})
}

// TestEnsureUser makes the application's user. The service works with it, and it can do nothing but read and write rows.
func TestEnsureUser(t *testing.T) {
	t.Parallel()
	rootURL := testdb.URL(t, store.MySQL)
	root := openRaw(t, rootURL)
	suffix := strings.ToLower(rand.Text()[:10])
	admin, app, secret := "tt_admin_"+suffix, "tt_app_"+suffix, `p@ss'w"o\rd/:?`+suffix
	execRaw(t, root, "CREATE USER '"+admin+"'@'%' IDENTIFIED BY 'admin-secret'")
	execRaw(t, root, "GRANT ALL ON *.* TO '"+admin+"'@'%' WITH GRANT OPTION")
	t.Cleanup(func() {
		execRaw(t, root, "DROP USER IF EXISTS '"+admin+"'@'%'")
		execRaw(t, root, "DROP USER IF EXISTS '"+app+"'@'%'")
	})
	as := func(user, password string) string {
		u, err := url.Parse(rootURL)
		if err != nil {
			t.Fatal("the database's URL cannot be parsed")
		}
		u.User = url.UserPassword(user, password)
		return u.String()
	}
	adminEnv := []string{"TASKTRACKER_DATABASE_ADMIN_USER=" + admin, "TASKTRACKER_DATABASE_ADMIN_PASSWORD=admin-secret", "TASKTRACKER_MIGRATE=off"}
	o := options{engine: store.MySQL, database: as(app, secret), dir: t.TempDir(), addr: "127.0.0.1:0", env: adminEnv}
	for _, did := range []string{"created", "unchanged"} {
		got := tool(t, o, nil, "migrate", "up", "--ensure-user", "--json").want(0)
		if user, _ := got.json()["user"].(object); user["did"] != did || user["name"] != app {
			t.Errorf("ensure-user: %v, want %s", user, did)
		}
		if strings.Contains(got.stdout+got.stderr, secret) || strings.Contains(got.stdout+got.stderr, "admin-secret") {
			t.Error("a password is printed")
		}
	}
	d := newDesk(start(t, options{engine: store.MySQL, database: o.database, env: []string{"TASKTRACKER_MIGRATE=off"}}))
	d.post(d.tasksPath(), object{"title": "Written with few rights"}).want(http.StatusCreated)

	raw := openRaw(t, o.database)
	for _, text := range []string{
		"CREATE TABLE mine (id INT)", "DROP TABLE tasks", "ALTER TABLE tasks ADD COLUMN more INT", "TRUNCATE TABLE tasks",
		"CREATE DATABASE tt_mine_" + suffix, "CREATE USER 'x" + suffix + "'@'%'", "SELECT * FROM mysql.user", "GRANT ALL ON *.* TO '" + app + "'@'%'",
	} {
		_, err := raw.ExecContext(t.Context(), text)
		var refused *mysql.MySQLError
		if !errors.As(err, &refused) {
			t.Errorf("%s: %v, want a refusal", text, err)
		}
	}
	login := func(password string) error { return openRaw(t, as(app, password)).PingContext(t.Context()) }
	for _, password := range []string{"another-secret", "a-third-secret"} { // rotated, twice
		o.database = as(app, password)
		if user, _ := tool(t, o, nil, "migrate", "up", "--ensure-user", "--json").want(0).json()["user"].(object); user["did"] != "updated" {
			t.Errorf("rotation: %v", user)
		}
		if err := login("another-secret"); err != nil {
			t.Errorf("with %s: the password that tasks still run with: %v", password, err)
		}
	}
	if err := login("a-third-secret"); err != nil {
		t.Errorf("the new password: %v", err)
	}
	if err := login(secret); err == nil {
		t.Error("a password from before the last but one rotation still works")
	}
	lite := offline(t, store.SQLite)
	tool(t, lite, nil, "migrate", "up", "--ensure-user").want(2).line().says("MySQL")
	lone := offline(t, store.MySQL)
	tool(t, lone, nil, "migrate", "up", "--ensure-user").want(2).line().says("TASKTRACKER_DATABASE_ADMIN_USER")
}

// TestUsersAndTokens makes an account and a token without the server, and uses them.
func TestUsersAndTokens(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, engine store.Engine) {
		o := offline(t, engine)
		made := tool(t, o, nil, "user", "create", "--email", "Ada@Example.com", "--name", "Ada", "--owner", "--json").want(0).json()
		if made["instance_owner"] != true || made["email"] != "ada@example.com" || made["password"] == "" {
			t.Errorf("user create: %v", made)
		}
		second := tool(t, o, strings.NewReader(password+"\n"), "user", "create", "--email", "bob@example.com", "--name", "Bob", "--password-stdin", "--json").want(0).json()
		if second["instance_owner"] != false || second["password"] != nil {
			t.Errorf("second user: %v", second)
		}
		tool(t, o, nil, "user", "create", "--email", "ada@example.com", "--name", "Ada").want(1).line()
		tool(t, o, nil, "user", "create", "--email", "no address", "--name", "X").want(1).line().says("email")
		tool(t, o, nil, "user", "create", "--email", "carl@example.com", "--name", "Carl", "--owner").want(1).line().says("--owner")
		tool(t, o, strings.NewReader("short\n"), "user", "create", "--email", "dora@example.com", "--name", "Dora", "--password-stdin").want(1).line().says("password")
		tool(t, o, nil, "user", "create", "--name", "X").want(2).line().says("--email")

		plain := tool(t, o, nil, "token", "create", "--email", "bob@example.com", "--name", "script", "--scopes", "read", "--expires", "1d").want(0)
		token := strings.TrimSpace(plain.stdout)
		if !strings.HasPrefix(token, "tt_") || strings.ContainsAny(token, " \n") {
			t.Errorf("token create prints %q: a script wants the token alone", plain.stdout)
		}
		tool(t, o, nil, "token", "create", "--email", "nobody@example.com", "--name", "x").want(1).line()
		tool(t, o, nil, "token", "create", "--email", "bob@example.com", "--name", "x", "--scopes", "everything").want(1).line().says("scope")
		tool(t, o, nil, "token", "create", "--email", "bob@example.com", "--name", "x", "--expires", "soon").want(2).line().says("--expires")

		s := start(t, o)
		s.as(token).get("/v1/me").want(http.StatusOK)
		s.as(token).post("/v1/workspaces", object{"name": "No"}).problem(http.StatusForbidden, "insufficient_scope")
		s.anonymous().post("/v1/sessions", object{"email": "ada@example.com", "password": made["password"]}).want(http.StatusCreated)
		s.anonymous().post("/v1/sessions", object{"email": "bob@example.com", "password": password}).want(http.StatusCreated)
	})
}
