package offline

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/pulumi/pulumi/sdk/v3/go/auto"
)

// EngineVariable names the pulumi command to use; without it there is the repository's own, then the one on PATH.
const EngineVariable = "TASKTRACKER_PULUMI"

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

// engine returns the command that runs updates, and the folder of its language hosts.
func engine(root string) (auto.PulumiCommand, error) {
	path := os.Getenv(EngineVariable)
	if path == "" {
		path = filepath.Join(root, ".tools", "bin", "pulumi")
		if _, err := os.Stat(path); err != nil {
			if path, err = exec.LookPath("pulumi"); err != nil {
				return nil, fmt.Errorf("there is no Pulumi engine: neither .tools/bin/pulumi nor a pulumi on PATH; `make engine` builds the pinned one, or set %s", EngineVariable)
			}
		}
	}
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	if filepath.Base(path) != "pulumi" || filepath.Base(filepath.Dir(path)) != "bin" {
		return nil, fmt.Errorf("the engine must be a file bin/pulumi, not %s; set %s", path, EngineVariable)
	}
	cmd, err := auto.NewPulumiCommand(&auto.PulumiCommandOptions{Root: filepath.Dir(filepath.Dir(path))})
	if err != nil {
		return nil, errors.Join(fmt.Errorf("the engine %s does not run; `make engine` builds the pinned one", path), err)
	}
	return cmd, nil
}
