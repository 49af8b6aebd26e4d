package image

import (
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// lay writes a build context: contents by path.
func lay(t *testing.T, files map[string]string) string {
	t.Helper()
	root := t.TempDir()
	for name, text := range files {
		put(t, root, name, text)
	}
	return root
}

func put(t *testing.T, root, name, text string) {
	t.Helper()
	at := filepath.Join(root, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(at, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func tagOf(t *testing.T, s Source) string {
	t.Helper()
	tag, err := Tag(s)
	if err != nil {
		t.Fatal(err)
	}
	return tag
}

// repository is a small one with the ignore file of the real one.
func repository(t *testing.T) string {
	t.Helper()
	ignore, err := os.ReadFile("../../.dockerignore")
	if err != nil {
		t.Fatal(err)
	}
	return lay(t, map[string]string{
		".dockerignore": string(ignore), "Dockerfile": "FROM scratch\nCOPY app/ /\n", "README.md": "read me",
		"app/go.mod": "module app", "app/main.go": "package main", "app/internal/a/a.go": "package a",
		"app/main_test.go": "package main", "app/internal/a/testdata/x.json": "{}", "app/bench/b.go": "package bench",
		"app/.env": "SECRET=1", ".git/HEAD": "ref", "infra/x.go": "package x",
	})
}

func TestTagStandsForWhatTheBuilderGets(t *testing.T) {
	t.Parallel()
	source := func(root string) Source {
		return Source{Context: root, Dockerfile: "Dockerfile", Platform: "linux/amd64", BuildArgs: map[string]string{"A": "1", "B": "2"}}
	}
	before := tagOf(t, source(repository(t)))
	if len(before) != 16 || strings.Trim(before, "0123456789abcdef") != "" {
		t.Errorf("the tag is %q, not 16 hexadecimal digits", before)
	}
	type change struct {
		name string
		edit func(root string, s *Source)
		same bool
	}
	write := func(name, text string) func(string, *Source) {
		return func(root string, _ *Source) { put(t, root, name, text) }
	}
	rename := func(root string, _ *Source) {
		if err := os.Rename(filepath.Join(root, "app/main.go"), filepath.Join(root, "app/serve.go")); err != nil {
			t.Error(err)
		}
	}
	later := func(root string, _ *Source) {
		then := time.Now().Add(-time.Hour)
		if err := os.Chtimes(filepath.Join(root, "app/main.go"), then, then); err != nil {
			t.Error(err)
		}
	}
	executable := func(root string, _ *Source) {
		if err := os.Chmod(filepath.Join(root, "app/main.go"), 0o755); err != nil {
			t.Error(err)
		}
	}
	link := func(root string, _ *Source) {
		if err := os.Symlink("main.go", filepath.Join(root, "app/link.go")); err != nil {
			t.Error(err)
		}
	}
	for _, c := range []change{
		{name: "nothing", edit: func(string, *Source) {}, same: true},
		{name: "another time of change", edit: later, same: true},
		{name: "a file outside the context", edit: write("README.md", "other"), same: true},
		{name: "a new folder outside the context", edit: write("stacks/main.go", "package main"), same: true},
		{name: "a test", edit: write("app/main_test.go", "other"), same: true},
		{name: "test data", edit: write("app/internal/a/testdata/x.json", "[]"), same: true},
		{name: "a secret file", edit: write("app/.env", "SECRET=2"), same: true},
		{name: "history", edit: write(".git/HEAD", "other"), same: true},
		{name: "a source", edit: write("app/main.go", "package main // 2")},
		{name: "a source deep down", edit: write("app/internal/a/a.go", "package a // 2")},
		{name: "a new source", edit: write("app/new.go", "package main")},
		{name: "an empty new source", edit: write("app/new.go", "")},
		{name: "a source under another name", edit: rename},
		{name: "an executable bit", edit: executable},
		{name: "a link", edit: link},
		{name: "the Dockerfile", edit: write("Dockerfile", "FROM scratch\n")},
		{name: "the ignore file", edit: write(".dockerignore", "*\n!app/\n")},
		{name: "the platform", edit: func(_ string, s *Source) { s.Platform = "linux/arm64" }},
		{name: "a build argument", edit: func(_ string, s *Source) { s.BuildArgs["A"] = "2" }},
		{name: "values of arguments swapped", edit: func(_ string, s *Source) { s.BuildArgs["A"], s.BuildArgs["B"] = "2", "1" }},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := source(repository(t))
			c.edit(s.Context, &s)
			if after := tagOf(t, s); (after == before) != c.same {
				t.Errorf("tag %s became %s; same should be %v", before, after, c.same)
			}
		})
	}
}

func TestTagOfTheRepository(t *testing.T) {
	t.Parallel()
	rules, err := readIgnore("../..", "Dockerfile")
	if err != nil {
		t.Fatal(err)
	}
	lines, err := contextLines("../..", rules)
	if err != nil {
		t.Fatal(err)
	}
	all := strings.Join(lines, "")
	for _, want := range []string{`"app/go.mod"`, `"app/cmd/tasktracker/main.go"`, `"app/internal/store/rds/global-bundle.pem"`} {
		if !strings.Contains(all, want) {
			t.Errorf("%s is not in the context", want)
		}
	}
	for _, never := range []string{`_test.go"`, `"infra/`, `"stacks/`, `".git/`, `"app/e2e/`, `"app/bench/`, `/testdata/`} {
		if strings.Contains(all, never) {
			t.Errorf("%s is in the context", never)
		}
	}
}

func TestIgnoreRules(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, text    string
		in, stays, by []string
	}{
		{name: "one folder only", text: "# all\n*\n!app/\r\n", in: []string{"app/a.go", "app/b/c.go"}, stays: []string{"x", "b/app/a.go"}},
		{name: "the last line decides", text: "*.md\n!README.md\nREADME.md", stays: []string{"README.md", "a.md"}, in: []string{"docs/a.md"}},
		{name: "two stars", text: "**/*.db\n**/.env*", stays: []string{"a.db", "x/y/a.db", ".env", "app/.env.local"}, in: []string{"a.dbx", "env"}},
		{name: "two stars between", text: "app/**/testdata/", stays: []string{"app/testdata/a", "app/x/y/testdata/a"}, in: []string{"testdata/a", "app/mytestdata/a"}},
		{name: "two stars at the end", text: "app/**", stays: []string{"app/a", "app/b/c"}, in: []string{"apple/a"}},
		{name: "one name", text: "a?c\n[xy]1\n\\!b", stays: []string{"abc", "x1", "!b"}, in: []string{"a/c", "z1", "abcd"}},
		{name: "rooted", text: "/app/x.go\n./y.go", stays: []string{"app/x.go", "y.go"}, in: []string{"b/app/x.go"}},
		{name: "a dot is a dot", text: "a.go", stays: []string{"a.go"}, in: []string{"abgo"}},
		{name: "empty", text: "\n\n#x\n.\n", in: []string{"a", ".git/x"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			rules, err := parseIgnore(c.text)
			if err != nil {
				t.Fatal(err)
			}
			for _, file := range c.in {
				if rules.matches(file) {
					t.Errorf("%s is ignored", file)
				}
			}
			for _, file := range c.stays {
				if !rules.matches(file) {
					t.Errorf("%s is not ignored", file)
				}
			}
		})
	}
}

func TestReadmittedFilesOfIgnoredFoldersAreFound(t *testing.T) {
	t.Parallel()
	root := lay(t, map[string]string{
		"Dockerfile": "FROM scratch", "Dockerfile.dockerignore": "*\n!a/b/keep\n!**/*.go\na/gone", ".dockerignore": "**",
		"a/b/keep": "1", "a/b/drop": "2", "c/d/e.go": "3", "a/gone/x.go": "4",
	})
	rules, err := readIgnore(root, "Dockerfile")
	if err != nil {
		t.Fatal(err)
	}
	lines, err := contextLines(root, rules)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, one := range lines {
		names = append(names, strings.Split(one, `"`)[3])
	}
	if diff := cmp.Diff([]string{"a/b/keep", "c/d/e.go"}, names); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestTagSaysWhatItCouldNotRead(t *testing.T) {
	t.Parallel()
	root := lay(t, map[string]string{
		"Dockerfile": "FROM scratch", "Empty": "FROM scratch", "Empty.dockerignore": "**", "Bad": "FROM scratch", "Bad.dockerignore": "app\n[x",
		"Bang": "FROM scratch", "Bang.dockerignore": "!",
	})
	for dockerfile, want := range map[string]string{
		"Missing": "image: " + root + "/Missing can't be read: no such file or directory; set image.ref to a ready image, or run the program from the repository",
		"Empty":   "image: .dockerignore leaves nothing of " + root + " to build from; let the sources in",
		"Bad":     "image: " + root + "/Bad.dockerignore: line 2: \"[x\" is no pattern; close its bracket, or put \\ before it",
		"Bang":    "image: " + root + "/Bang.dockerignore: line 1: \"!\" readmits nothing; name what it is about",
	} {
		_, err := Tag(Source{Context: root, Dockerfile: dockerfile})
		if err == nil || err.Error() != want {
			t.Errorf("%s:\n got %v\nwant %s", dockerfile, err, want)
		}
	}
}

func FuzzIgnoreRules(f *testing.F) {
	f.Add("*\n!app/\napp/**/testdata/", "app/testdata/a.go")
	f.Add("[\\", "x")
	f.Add("!**", "a/b/c")
	f.Add("*\n!a**c", "a/b/c")
	f.Add("*\n!a[^x]b[^x]c", "a/b/c")
	f.Fuzz(func(t *testing.T, text, file string) {
		rules, err := parseIgnore(text)
		if err != nil || !fs.ValidPath(file) || file == "." {
			return
		}
		for folder := path.Dir(file); folder != "."; folder = path.Dir(folder) {
			if rules.matches(folder) && !rules.mayReadmitBelow(folder) && !rules.matches(file) {
				t.Errorf("%q ignores %q and says that nothing below comes back, but %q does", text, folder, file)
			}
		}
	})
}
