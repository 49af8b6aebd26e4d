package offline

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3"
	"github.com/pulumi/pulumi/sdk/v3/go/auto"
)

// EngineVariable names the pulumi command to use; without it there is the repository's own, then the one on PATH.
const EngineVariable = "TASKTRACKER_PULUMI"

// oldest is the engine that the platform is tested with. Older ones report their events in another way.
var oldest = sdk.Version

// Root returns the repository's folder: the nearest one above dir, or dir itself, that has a Pulumi.yaml.
func Root(dir string) (string, error) {
	at, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(at, "Pulumi.yaml")); err == nil {
			return at, nil
		}
		if filepath.Dir(at) == at {
			return "", fmt.Errorf("no Pulumi.yaml in %s or above it; run this in the repository", dir)
		}
		at = filepath.Dir(at)
	}
}

// Ready says what is missing to run a stack, before anything slow is done: its settings, or an engine.
func Ready(o Options) error {
	if _, err := settings(o.Root, o.Stack); err != nil {
		return err
	}
	_, err := engine(cmp.Or(o.Tools, o.Root), os.Getenv(EngineVariable), exec.LookPath)
	return err
}

// Enter changes into the folder that the engine's language host would run the program in, and returns the repository's.
func Enter() (root string, err error) {
	if root, err = Root("."); err != nil {
		return "", err
	}
	return root, os.Chdir(filepath.Join(root, "stacks"))
}

// hosted returns the command with a language host that runs a binary. The repository's own host is older than its engine: it
// takes the binary by a flag, not from the project, and would build the program again. Another command stays as it is.
func hosted(command auto.PulumiCommand, root, dir, binary string) (auto.PulumiCommand, error) {
	bin := filepath.Join(root, ".tools", "bin")
	host := filepath.Join(bin, "pulumi-language-go")
	if _, err := os.Stat(host); err != nil || os.Getenv(EngineVariable) != "" {
		return command, nil
	}
	own := filepath.Join(dir, "engine", "bin")
	if err := os.MkdirAll(own, 0o700); err != nil {
		return nil, err
	}
	if err := os.Symlink(filepath.Join(bin, "pulumi"), filepath.Join(own, "pulumi")); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, err
	}
	script := "#!/bin/sh\nexec " + quoted(host) + " -binary=" + quoted(binary) + ` "$@"` + "\n"
	if err := os.WriteFile(filepath.Join(own, "pulumi-language-go"), []byte(script), 0o700); err != nil {
		return nil, err
	}
	return auto.NewPulumiCommand(&auto.PulumiCommandOptions{Root: filepath.Join(dir, "engine"), SkipVersionCheck: true})
}

// quoted is a word of a shell.
func quoted(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

// engine returns the command that runs updates: the one that is named, else the repository's, else the one on PATH.
func engine(root, named string, onPath func(string) (string, error)) (auto.PulumiCommand, error) {
	own := filepath.Join(root, ".tools", "bin", "pulumi")
	// `make engine` builds none where one is on PATH; this does, and it is preferred.
	path, whence, wayOut := named, EngineVariable, fmt.Sprintf("unset %s, and `make %s` builds the pinned one", EngineVariable, own)
	if path == "" {
		path, whence, wayOut = own, "the repository's own", "remove it, and `make engine` builds it anew"
		if _, err := os.Stat(path); err != nil {
			whence, wayOut = "on PATH", fmt.Sprintf("`make %s` builds the pinned one, which is used instead", own)
			if path, err = onPath("pulumi"); err != nil {
				return nil, fmt.Errorf("there is no Pulumi engine: neither .tools/bin/pulumi nor a pulumi on PATH; `make engine` builds the pinned one, or set %s to another", EngineVariable)
			}
		}
	}
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	if filepath.Base(path) != "pulumi" || filepath.Base(filepath.Dir(path)) != "bin" {
		return nil, fmt.Errorf("%s (%s) cannot be the engine: it must be a file called bin/pulumi; %s", path, whence, wayOut)
	}
	cmd, err := auto.NewPulumiCommand(&auto.PulumiCommandOptions{Root: filepath.Dir(filepath.Dir(path)), SkipVersionCheck: true})
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("there is no Pulumi engine at %s (%s): no such file; %s", path, whence, wayOut)
	}
	if err != nil {
		return nil, fmt.Errorf("the Pulumi engine %s (%s) does not run: %w; %s", path, whence, err, wayOut)
	}
	if cmd.Version().LT(oldest) {
		return nil, fmt.Errorf("the Pulumi engine %s (%s) is v%s; v%s or later is needed: %s", path, whence, cmd.Version(), oldest, wayOut)
	}
	return cmd, nil
}
