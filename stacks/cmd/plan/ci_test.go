package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/task-tracker/task-tracker/stacks/internal/offline/offlinetest"
)

// plans runs .ci/plans in a repository of three stacks. Its make is a script that prints what pages has for a stack, or
// fails where there is none; pages without an engine let the engine's build fail.
func plans(t *testing.T, pages map[string]string) (file string, failed bool) {
	t.Helper()
	script, err := os.ReadFile(filepath.Join("..", ".ci", "plans"))
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{
		"Pulumi.yaml": "", "Pulumi.dev.yaml": "", "Pulumi.eu.prod.yaml": "", "Pulumi.prod.yaml": "",
	}
	for stack, page := range pages {
		files["pages/"+stack] = page
	}
	root := offlinetest.Repository(t, files)
	offlinetest.Script(t, filepath.Join(root, ".ci", "plans"), string(script))
	offlinetest.Script(t, filepath.Join(root, "bin", "make"), `#!/bin/sh
for arg; do case $arg in engine) stack=engine ;; STACK=*) stack=${arg#STACK=} ;; BASE=*) base=${arg#BASE=} ;; esac; done
[ -f "pages/$stack" ] || { printf 'no %s against %s\n`+"```\n~~~"+`\n</details>\n' "$stack" "$base" >&2; exit 2; }
cat "pages/$stack"
! grep -q failed "pages/$stack"
`)
	cmd := exec.CommandContext(t.Context(), filepath.Join(root, ".ci", "plans"), "main", "plan.md")
	cmd.Env = append(os.Environ(), "PATH="+filepath.Join(root, "bin")+":"+os.Getenv("PATH"))
	if out, err := cmd.CombinedOutput(); err != nil {
		if failed = cmd.ProcessState.ExitCode() == 1; !failed {
			t.Fatalf("%v: %s", err, out)
		}
	}
	text, err := os.ReadFile(filepath.Join(root, "plan.md"))
	if err != nil {
		t.Fatal(err)
	}
	return string(text), failed
}

func TestPlansOfAllStacks(t *testing.T) {
	t.Parallel()
	page := func(tally string, rows int) string {
		return "### Stack `x` against main\n\n" + tally + " (1s, offline)\n\n" + strings.Repeat("| + create | `aws:ec2/vpc:Vpc` | `a-name` |\n", rows)
	}
	file, failed := plans(t, map[string]string{
		"engine": "", "dev": page("**1 to create**", 5), "eu.prod": page("**2 to create**", 5), "prod": page("**3 unchanged**", 0),
	})
	tallies := "- `dev`: **1 to create** (1s, offline)\n- `eu.prod`: **2 to create** (1s, offline)\n- `prod`: **3 unchanged** (1s, offline)\n\n### Stack"
	if failed || !strings.HasPrefix(file, tallies) || strings.Count(file, "| + create |") != 10 {
		t.Errorf("failed: %t\n%s", failed, file)
	}

	// Pages that are too large together: the last is cut behind its tally.
	file, failed = plans(t, map[string]string{
		"engine": "", "dev": page("**1 to create**", 670), "eu.prod": page("**2 to create**", 670), "prod": page("**The preview failed.** Until then: **3**", 700),
	})
	if !failed || len(file) > 62_000 || strings.Count(file, "| + create |") != 1340 {
		t.Errorf("failed: %t, %d bytes, %d rows", failed, len(file), strings.Count(file, "| + create |"))
	}
	if end := "**The preview failed.** Until then: **3** (1s, offline)\n\nThe rest does not fit here: `make plan STACK=prod BASE=main` shows it.\n"; !strings.HasSuffix(file, end) {
		t.Errorf("the end is %q", file[len(file)-200:])
	}
}

// TestPlansThatAreNone still make a file: what went wrong stands in it, in a block that it cannot leave.
func TestPlansThatAreNone(t *testing.T) {
	t.Parallel()
	file, failed := plans(t, map[string]string{"engine": "", "dev": "### Stack `dev` against main\n\n**5 unchanged**\n", "prod": "### Stack `prod`\n\n**5 unchanged**\n"})
	want := "- `dev`: **5 unchanged**\n- `eu.prod`: **There is no plan.**\n- `prod`: **5 unchanged**\n"
	block := "### Stack `eu.prod`\n\n**There is no plan.**\n\n    no eu.prod against main\n    ```\n    ~~~\n    </details>\n"
	if !failed || !strings.HasPrefix(file, want) || !strings.Contains(file, block) {
		t.Errorf("failed: %t\n%s", failed, file)
	}
	file, failed = plans(t, nil)
	if want := "**There is no plan: the engine cannot be built.**\n\n    no engine against \n"; !failed || !strings.HasPrefix(file, want) {
		t.Errorf("failed: %t\n%s", failed, file)
	}
}
