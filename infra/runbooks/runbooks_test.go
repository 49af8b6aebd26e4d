package runbooks_test

import (
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"github.com/task-tracker/task-tracker/infra/runbooks"
)

const contents = "README.md"

func pages(t *testing.T) map[string]runbooks.Page {
	t.Helper()
	all, err := runbooks.Pages()
	if err != nil {
		t.Fatal(err)
	}
	if len(all) < 8 {
		t.Fatalf("%d pages, want one for each of the seven promises and %s", len(all), contents)
	}
	return all
}

func TestPagesHaveTheSameParts(t *testing.T) {
	t.Parallel()
	all := pages(t)
	for name, p := range all {
		if name == contents {
			continue
		}
		at := -1
		for _, part := range []string{"\nPromise: ", "\n**What you see.** ", "\n**By itself", "\n1. ", "\n**Over when** ", "\n**Rehearse it** "} {
			next := strings.Index(p.Text, part)
			if next <= at {
				t.Errorf("%s: %q is missing, or not where it belongs", name, strings.TrimSpace(part))
			}
			at = next
		}
		if !strings.Contains(all[contents].Text, "]("+name+")") {
			t.Errorf("%s doesn't list %s", contents, name)
		}
	}
}

func TestLinksResolve(t *testing.T) {
	t.Parallel()
	link := regexp.MustCompile(`\]\(([^)]+)\)`)
	for name, p := range pages(t) {
		for _, m := range link.FindAllStringSubmatch(p.Prose, -1) {
			if strings.HasPrefix(m[1], "https://") {
				continue
			}
			if _, err := os.Stat(m[1]); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}

// TestCommandsParse has a shell read the commands, without running them.
func TestCommandsParse(t *testing.T) {
	t.Parallel()
	for name, p := range pages(t) {
		for _, block := range p.Blocks["bash"] {
			shell := exec.CommandContext(t.Context(), "bash", "-n")
			shell.Stdin = strings.NewReader(block)
			if out, err := shell.CombinedOutput(); err != nil {
				t.Errorf("%s: %v: %s\n%s", name, err, out, block)
			}
		}
	}
}

// TestEveryFenceIsClosed finds blocks that the other tests would not see.
func TestEveryFenceIsClosed(t *testing.T) {
	t.Parallel()
	for name, p := range pages(t) {
		blocks := 0
		for language, some := range p.Blocks {
			blocks += len(some)
			if language != "bash" && language != "yaml" {
				t.Errorf("%s: a block is %s; write bash or yaml, which are checked", name, language)
			}
		}
		if fences := strings.Count(p.Text, "```"); fences != 2*blocks {
			t.Errorf("%s: %d fences and %d blocks; is one not closed, or without a language?", name, fences, blocks)
		}
	}
}
