package store_test

import (
	"errors"
	"io/fs"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/task-tracker/task-tracker/app/internal/apperr"
	"github.com/task-tracker/task-tracker/app/internal/store"
	"github.com/task-tracker/task-tracker/app/internal/testdb"
)

func TestOpenRefusesHalfAPassword(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"p@ss/w@127.0.0.1:3306/x", "p@ss/x?w@127.0.0.1:3306/x", "p@ss/x#w@127.0.0.1:3306/x"} {
		_, err := store.Open(store.Options{URL: "mysql://root:" + address})
		if err == nil || !strings.Contains(err.Error(), "percent-encode") || strings.Contains(err.Error(), "w@127") {
			t.Errorf("%s: %v", address, err)
		}
	}
}

// A MySQL that answers and lets nobody in is told from one that cannot be reached, wherever it is met first.
func TestMySQLThatRefuses(t *testing.T) {
	t.Parallel()
	good, err := url.Parse(testdb.URL(t, store.MySQL))
	if err != nil {
		t.Fatal(err)
	}
	for want, change := range map[string]func(*url.URL){
		"has no database of that name": func(u *url.URL) { u.Path = "/tt_not_there" },
		"refuses the user":             func(u *url.URL) { u.User = url.UserPassword("nobody_here", "wrong") },
	} {
		u := *good
		change(&u)
		db, err := store.Open(store.Options{URL: u.String()})
		if err != nil {
			t.Fatal(err)
		}
		_, statusErr := db.Migrations(t.Context())
		for what, err := range map[string]error{
			"ready": db.Ready(t.Context()), "ping": db.Ping(t.Context()), "migrate": db.Migrate(t.Context(), nil), "status": statusErr,
		} {
			if !apperr.Is(err, apperr.Unavailable) || !strings.Contains(apperr.From(err).Message, want) {
				t.Errorf("%s: %v, want %q", what, err, want)
			}
		}
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	}
}

// A schema that is missing is told from a database that fails, and one connection is enough to make it.
func TestReadyBeforeMigrate(t *testing.T) {
	t.Parallel()
	for _, engine := range []store.Engine{store.SQLite, store.MySQL} {
		t.Run(string(engine), func(t *testing.T) {
			t.Parallel()
			db, err := store.Open(store.Options{URL: testdb.URL(t, engine), MaxConns: 1})
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = db.Close() }()
			if err := db.Ready(t.Context()); !errors.Is(err, store.ErrSchema) {
				t.Errorf("before: %v", err)
			}
			if err := db.Migrate(t.Context(), nil); err != nil {
				t.Errorf("migrate: %v", err)
			}
			if err := db.Ready(t.Context()); err != nil {
				t.Errorf("after: %v", err)
			}
		})
	}
}

// The file that is made is the one that is named, whatever SQLite's URIs make of its characters.
func TestSQLiteOpensTheFileThatIsNamed(t *testing.T) {
	t.Parallel()
	for _, name := range []string{
		"plain.db", "a%41.db", "%00.db", "%", "100%.db", "what?.db", "t.db?mode=memory", "no#1.db", "with blank.db", " leading.db", "a&b=c;d.db", "żółć 日本.db",
		"a:b.db", ":memory.db", "back\\slash.db", "a%41/t.db", "d?r/#1/t.db", "\xff.db", "*", "+plus.db", "quote'\".db",
	} {
		for kind, path := range map[string]string{"absolute": "", "more slashes": "//"} {
			dir := t.TempDir()
			path += filepath.Join(dir, name)
			db, err := store.Open(store.Options{URL: "sqlite:" + path})
			if err != nil {
				t.Errorf("%s %q: %v", kind, name, err)
				continue
			}
			if err := errors.Join(db.Migrate(t.Context(), nil), db.Ready(t.Context()), db.Close()); err != nil {
				t.Errorf("%s %q: %v", kind, name, err)
			}
			var files []string
			err = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
				if err == nil && d.Type().IsRegular() {
					path, err = filepath.Rel(dir, path)
					files = append(files, path)
				}
				return err
			})
			if err != nil || !slices.Equal(files, []string{name}) {
				t.Errorf("%s %q: files %q, %v", kind, name, files, err)
			}
		}
	}
}
