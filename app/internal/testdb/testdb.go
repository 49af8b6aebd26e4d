// Package testdb gives a test a migrated, empty database on each engine.
//
// SQLite always runs. MySQL runs where TASKTRACKER_TEST_MYSQL_DSN names a server (go-sql-driver form, a user who may
// create databases); without it the MySQL half is skipped by name, and in CI (CI=true) it fails instead.
package testdb

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/hex"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"

	"github.com/task-tracker/task-tracker/app/internal/store"
)

// EnvMySQL names the server for the MySQL half.
const EnvMySQL = "TASKTRACKER_TEST_MYSQL_DSN"

// Each runs a test once per engine, as subtests `sqlite` and `mysql`, in parallel, each on a database of its own.
func Each(t *testing.T, fn func(t *testing.T, db *store.DB)) {
	t.Helper()
	for _, engine := range []store.Engine{store.SQLite, store.MySQL} {
		t.Run(string(engine), func(t *testing.T) {
			t.Parallel()
			fn(t, Open(t, engine, store.Options{}))
		})
	}
}

// Open gives a migrated, empty database that is gone when the test ends. o.URL is filled in; the rest is the caller's.
func Open(t testing.TB, engine store.Engine, o store.Options) *store.DB {
	t.Helper()
	o.URL = URL(t, engine)
	db, err := store.Open(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := db.Migrate(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	return db
}

// URL gives the address of a new, empty database without a schema, in the form of TASKTRACKER_DATABASE_URL.
func URL(t testing.TB, engine store.Engine) string {
	t.Helper()
	if engine == store.SQLite {
		return "sqlite:" + filepath.Join(t.TempDir(), "test.db")
	}
	cfg := server(t)
	admin, err := sql.Open("mysql", cfg.FormatDSN())
	if err != nil {
		t.Fatal(err)
	}
	name := "tt_" + random(t)
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	if _, err := admin.ExecContext(ctx, "CREATE DATABASE "+name+" CHARACTER SET utf8mb4 COLLATE utf8mb4_bin"); err != nil {
		t.Fatalf("MySQL at %s: %v", cfg.Addr, err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second)
		defer cancel()
		if _, err := admin.ExecContext(ctx, "DROP DATABASE "+name); err != nil {
			t.Error(err)
		}
		if err := admin.Close(); err != nil {
			t.Error(err)
		}
	})
	u := url.URL{Scheme: "mysql", User: url.UserPassword(cfg.User, cfg.Passwd), Host: cfg.Addr, Path: "/" + name}
	return u.String()
}

var warnOnce sync.Once

// server parses the DSN of the MySQL for tests, or ends the test where there is none.
func server(t testing.TB) *mysql.Config {
	t.Helper()
	dsn := os.Getenv(EnvMySQL)
	if dsn == "" {
		if os.Getenv("CI") != "" {
			t.Fatalf("%s is not set: CI must run the MySQL half", EnvMySQL)
		}
		warnOnce.Do(func() {
			fmt.Fprintf(os.Stderr, "!!! %s is not set: the MySQL half of these tests does NOT run\n", EnvMySQL)
		})
		t.Skipf("%s is not set: the MySQL half does not run", EnvMySQL)
	}
	cfg, err := mysql.ParseDSN(dsn)
	if err != nil {
		t.Fatalf("%s: %v", EnvMySQL, err)
	}
	return cfg
}

func random(t testing.TB) string {
	b := make([]byte, 8)
	if _, err := rand.Read(b); err != nil {
		t.Fatal(err)
	}
	return hex.EncodeToString(b)
}
