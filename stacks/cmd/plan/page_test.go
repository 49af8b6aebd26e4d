package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/task-tracker/task-tracker/stacks/internal/offline"
)

var update = flag.Bool("update", false, "write the golden files anew")

// golden compares with a file of testdata.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("cmd", "plan", "testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s, if that is right: go test ./cmd/plan -update\n%s", path, diff)
	}
}

// printed is a page in both formats.
func printed(p page) (text, markdown string) {
	var a, b bytes.Buffer
	p.text(&a)
	p.markdown(&b)
	return a.String(), b.String()
}

func TestPages(t *testing.T) {
	t.Parallel()
	changes := []offline.Change{
		{Op: "replace", Type: "aws:lb/targetGroup:TargetGroup", Name: "edge-targets", Keys: []offline.Property{
			{Path: "name", Kind: "add", Replace: true}, {Path: "port", Kind: "update", Replace: true}, {Path: "tags.Old", Kind: "delete"},
		}},
		{Op: "delete", Type: "aws:sns/topic:Topic", Name: "foundation-old"},
		{Op: "update", Type: "aws:rds/instance:Instance", Name: "database-instance", Keys: []offline.Property{
			{Path: "instanceClass", Kind: "update", Old: "db.t3.micro", New: "db.t3.small"}, {Path: "tags.New", Kind: "add", New: "yes"}, {Path: "tags.Old", Kind: "delete", Old: "yes"},
		}},
		{Op: "import", Type: "aws:s3/bucketV2:BucketV2", Name: "storage-bucket"},
		{Op: "create", Type: "aws:ec2/vpc:Vpc", Name: "network-vpc"},
		{Op: "create", Type: "tasktracker:network:Network", Name: "network", Component: true},
	}
	took := 1234 * time.Millisecond
	for name, p := range map[string]page{
		"changes": {Stack: "prod", Against: "main (0123456789)", Report: &offline.Report{Changes: changes, Same: 150, Took: took}},
		"nothing": {Stack: "dev", Against: "nothing", Report: &offline.Report{Same: 164, Took: took}},
		"failed": {
			Stack: "dev", Against: "nothing", Report: &offline.Report{Changes: changes[4:], Took: took},
			Err: errors.New("preview failed\nnetwork-vpc (aws:ec2/vpc:Vpc): cidrBlock: \"10.0.0.0/33\" is no network"),
		},
		"no-base": {
			Stack: "dev", Against: "nothing, since main (0123456789) cannot be deployed", Note: "up failed\nnetwork-vpc (aws:ec2/vpc:Vpc): no",
			Report: &offline.Report{Changes: changes[4:], Took: took},
		},
		"warned": {
			Stack: "prod", Against: "nothing",
			Report: &offline.Report{Changes: changes[4:], Took: took, Warnings: []string{"edge.domain is empty\nin production", "```"}},
		},
		"hostile": {
			Stack: "dev", Against: "a|b`c <img src=x> (0123456789)",
			Report: &offline.Report{Changes: []offline.Change{{
				Op: "update", Type: "aws:ec2/vpc:Vpc", Name: "`|</details>\n### @everyone", Keys: []offline.Property{{Path: "tags[\"```\n</details>\"]", Kind: "update"}},
			}}, Took: took},
			Err: errors.New("it said ``` and ````\n</details>"),
		},
	} {
		text, markdown := printed(p)
		golden(t, name+".txt", text)
		golden(t, name+".md", markdown)
	}
}

// TestLargePage fits into half a comment, whatever is in it, and says what it leaves out.
func TestLargePage(t *testing.T) {
	t.Parallel()
	for _, n := range []int{199, 200, 201, 500} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			t.Parallel()
			p := page{Stack: "prod", Against: "nothing", Report: &offline.Report{}}
			for i := range n {
				p.Report.Changes = append(p.Report.Changes, offline.Change{Op: "create", Type: "aws:ec2/vpc:Vpc", Name: fmt.Sprintf("vpc-%d", i)})
			}
			text, markdown := printed(p)
			rows := strings.Count(markdown, "| + create |")
			if want := min(n, 200); rows != want {
				t.Errorf("%d rows, want %d", rows, want)
			}
			if more := strings.Contains(markdown, fmt.Sprintf("\n| | %d more | |\n", n-200)); more != (n > 200) {
				t.Errorf("the rest is counted: %t", more)
			}
			if rows := strings.Count(text, "  + create "); rows != n {
				t.Errorf("the text has %d rows, want all %d", rows, n)
			}
		})
	}
	long := page{
		Stack: "prod", Against: "main (0123456789)", Note: strings.Repeat("ä", 20_000), Err: errors.New(strings.Repeat("a line of some length\n", 5_000)),
		Report: &offline.Report{},
	}
	for i := range 1000 {
		name := fmt.Sprintf("%s-%d", strings.Repeat("very-long-name", 10), i)
		long.Report.Changes = append(long.Report.Changes, offline.Change{
			Op: "replace", Type: "aws:ec2/vpc:Vpc", Name: name, Keys: []offline.Property{{Path: strings.Repeat("path.", 20), Kind: "update", Replace: true}},
		})
	}
	_, markdown := printed(long)
	if n := len(markdown); n > 30_000 {
		t.Errorf("the page has %d bytes", n)
	}
	if !utf8.ValidString(markdown) {
		t.Error("a character was cut in two")
	}
	if n := strings.Count(markdown, "(cut here)"); n != 3 {
		t.Errorf("%d cuts are marked, want those of failure, note and details", n)
	}
	if strings.Count(markdown, "```")%2 != 0 || strings.Count(markdown, "<details>") != strings.Count(markdown, "</details>") {
		t.Error("a block is left open")
	}
}

func TestLimited(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		text, want string
		limit      int
	}{
		{"one\ntwo\n", "one\ntwo\n", 8},
		{"one\ntwo\n", "one\n(cut here)\n", 7},
		{"one two", "one\n(cut here)\n", 3},
		{"aää", "aä\n(cut here)\n", 4},
		{"", "", 0},
	} {
		if got := limited(tt.text, tt.limit); got != tt.want {
			t.Errorf("limited(%q, %d) = %q, want %q", tt.text, tt.limit, got, tt.want)
		}
	}
}
