package store_test

import (
	"context"
	"crypto/tls"
	"database/sql"
	"errors"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"

	"github.com/task-tracker/task-tracker/app/internal/store"
	"github.com/task-tracker/task-tracker/app/internal/testdb"
)

// mysqlAs opens the MySQL for tests with a login of its own.
func mysqlAs(t *testing.T, address, user, password, schema string, encrypted bool) *sql.DB {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	cfg := mysql.NewConfig()
	cfg.User, cfg.Passwd, cfg.Net, cfg.Addr, cfg.DBName, cfg.InterpolateParams = user, password, "tcp", u.Host, schema, true
	if encrypted {
		cfg.TLS = &tls.Config{InsecureSkipVerify: true} //nolint:gosec // the server for tests has a certificate of its own making
	}
	connector, err := mysql.NewConnector(cfg)
	if err != nil {
		t.Fatal(err)
	}
	db := sql.OpenDB(connector)
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func TestEnsureUser(t *testing.T) {
	t.Parallel()
	address := testdb.URL(t, store.MySQL)
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	rootPassword, _ := u.User.Password()
	root := mysqlAs(t, address, u.User.Username(), rootPassword, "", false)
	stem := strings.TrimPrefix(u.Path, "/")[3:11]
	schema, neighbour, user := "tte_"+stem, "tteX"+stem, "o'`\\\"x_"+stem
	run := func(text string, args ...any) {
		t.Helper()
		if _, err := root.ExecContext(t.Context(), text, args...); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		defer cancel()
		for _, text := range []string{"DROP DATABASE IF EXISTS " + schema, "DROP DATABASE IF EXISTS " + neighbour} {
			if _, err := root.ExecContext(ctx, text); err != nil {
				t.Error(err)
			}
		}
		if _, err := root.ExecContext(ctx, "DROP USER IF EXISTS ?@'%'", user); err != nil {
			t.Error(err)
		}
	})
	run("CREATE DATABASE " + neighbour) // its name matches the schema's where _ stands for any character
	run("CREATE TABLE " + neighbour + ".secrets (id INT)")

	u.Path = "/" + schema
	ensure := func(password, want string) {
		t.Helper()
		got, err := store.EnsureUser(t.Context(), store.Options{URL: u.String()}, user, password)
		if err != nil || got.Did != want || got.Name != user || got.Schema != schema {
			t.Fatalf("%+v, %v; want %s", got, err, want)
		}
	}
	const first, second, third = `p@'ss"\w%rd`, `an\'other; DROP USER root`, "a third"
	ensure(first, "created")
	run("CREATE TABLE " + schema + ".things (id INT)")
	app := mysqlAs(t, address, user, first, schema, false)
	for text, allowed := range map[string]bool{
		"INSERT INTO things VALUES (1)": true, "SELECT * FROM things": true, "UPDATE things SET id = 2": true, "DELETE FROM things": true,
		"CREATE TABLE more (id INT)": false, "DROP TABLE things": false, "ALTER TABLE things ADD x INT": false, "TRUNCATE TABLE things": false,
		"SELECT * FROM " + neighbour + ".secrets": false, "SELECT * FROM mysql.user": false, "CREATE USER x": false,
	} {
		if _, err := app.ExecContext(t.Context(), text); (err == nil) != allowed {
			t.Errorf("%s: %v", text, err)
		}
	}
	ensure(first, "unchanged")

	login := func(password string) error {
		return mysqlAs(t, address, user, password, schema, false).PingContext(t.Context())
	}
	ensure(second, "updated")
	if err := errors.Join(login(first), login(second)); err != nil {
		t.Errorf("after a rotation both passwords have to work: %v", err)
	}
	ensure(first, "unchanged") // a release that is rolled back
	ensure(third, "updated")
	if login(first) == nil || login(second) != nil || login(third) != nil {
		t.Errorf("after another rotation: first %v, second %v, third %v", login(first), login(second), login(third))
	}
	ensure(second, "unchanged")

	run("GRANT ALL ON *.* TO ?@'%'", user)
	ensure(second, "updated")
	if _, err := mysqlAs(t, address, user, second, schema, false).ExecContext(t.Context(), "CREATE TABLE more (id INT)"); err == nil {
		t.Error("rights that it should not have were not taken away")
	}
	ensure(second, "unchanged")

	if _, err := store.EnsureUser(t.Context(), store.Options{URL: u.String()}, u.User.Username(), "x"); err == nil {
		t.Error("the administrator was to lose his rights")
	}
	if err := store.EnsureUserTLS(t.Context(), u.String(), user, second); err != nil {
		t.Errorf("with TLS: %v", err)
	}
	if err := mysqlAs(t, address, user, second, schema, false).PingContext(t.Context()); err == nil {
		t.Error("the user may log in without TLS")
	}
	if err := mysqlAs(t, address, user, second, schema, true).PingContext(t.Context()); err != nil {
		t.Errorf("login with TLS: %v", err)
	}
}
