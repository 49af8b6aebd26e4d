package offline

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/auto"
	"github.com/pulumi/pulumi/sdk/v3/go/auto/debug"
	"github.com/pulumi/pulumi/sdk/v3/go/auto/events"
	"github.com/pulumi/pulumi/sdk/v3/go/auto/optdestroy"
	"github.com/pulumi/pulumi/sdk/v3/go/auto/optpreview"
	"github.com/pulumi/pulumi/sdk/v3/go/auto/optrefresh"
	"github.com/pulumi/pulumi/sdk/v3/go/auto/optup"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
	"github.com/pulumi/pulumi/sdk/v3/go/common/workspace"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/task-tracker/task-tracker/infra/awssim"
)

const project = "task-tracker"

// Options say what to run and where.
type Options struct {
	Root    string         // the repository: Pulumi.<stack>.yaml is read from it
	Tools   string         // the repository whose .tools/bin has the engine; "" is Root
	Stack   string         // dev, prod, …
	Dir     string         // for state and the simulated account; it must exist
	Faults  []awssim.Fault // what the stand-in fails at
	Set     map[string]any // settings to change, by dotted path: {"database.multiAz": true}
	Account string         // "" for the stand-in's own
}

// Stack is a stack whose cloud is simulated. Close it.
type Stack struct {
	stack   auto.Stack
	cloud   *awssim.Server
	options Options
	dir     string
}

// Open prepares a stack for a program. The engine must be there.
func Open(ctx context.Context, program pulumi.RunFunc, o Options) (*Stack, error) {
	return open(ctx, o, "", func(dir string, opts []auto.LocalWorkspaceOption) (auto.Stack, error) {
		opts = append(opts, auto.WorkDir(dir), auto.Project(workspace.Project{
			Name: tokens.PackageName(project), Runtime: workspace.NewProjectRuntimeInfo("go", nil),
		}))
		return auto.UpsertStackInlineSource(ctx, o.Stack, project, program, opts...)
	})
}

// OpenBinary is Open for a program that was built already; source is the folder of its module.
func OpenBinary(ctx context.Context, binary, source string, o Options) (*Stack, error) {
	return open(ctx, o, binary, func(dir string, opts []auto.LocalWorkspaceOption) (auto.Stack, error) {
		opts = append(opts, auto.Project(workspace.Project{
			Name: tokens.PackageName(project), Main: source,
			Runtime: workspace.NewProjectRuntimeInfo("go", map[string]any{"binary": binary}),
		}))
		return auto.UpsertStackLocalSource(ctx, o.Stack, dir, opts...)
	})
}

func open(ctx context.Context, o Options, binary string, make func(string, []auto.LocalWorkspaceOption) (auto.Stack, error)) (*Stack, error) {
	command, err := engine(cmp.Or(o.Tools, o.Root), os.Getenv(EngineVariable), exec.LookPath)
	if err != nil {
		return nil, err
	}
	s := &Stack{options: o, dir: filepath.Join(o.Dir, "work")}
	for _, dir := range []string{s.dir, filepath.Join(o.Dir, "state"), filepath.Join(o.Dir, "home")} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return nil, err
		}
	}
	if err := s.configure(); err != nil {
		return nil, err
	}
	if binary != "" {
		if command, err = hosted(command, cmp.Or(o.Tools, o.Root), o.Dir, binary); err != nil {
			return nil, err
		}
	}
	s.cloud, err = awssim.Start(awssim.Options{Dir: filepath.Join(o.Dir, "cloud"), Seed: "task-tracker", Account: o.Account, Faults: o.Faults})
	if err != nil {
		return nil, fmt.Errorf("the stand-in for AWS: %w", err)
	}
	env := map[string]string{
		"PULUMI_BACKEND_URL":        "file://" + filepath.Join(o.Dir, "state"),
		"PULUMI_CONFIG_PASSPHRASE":  "offline", // of a state that is thrown away
		"PULUMI_SKIP_UPDATE_CHECK":  "true",
		"PULUMI_HOME":               filepath.Join(o.Dir, "home"),
		"AWS_EC2_METADATA_DISABLED": "true",
		// What is missing is said, not fetched.
		"PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
	}
	for _, pair := range s.cloud.Env() {
		key, value, _ := strings.Cut(pair, "=")
		env[key] = value
	}
	s.stack, err = make(s.dir, []auto.LocalWorkspaceOption{
		auto.Pulumi(command), auto.PulumiHome(env["PULUMI_HOME"]), auto.EnvVars(env), auto.SecretsProvider("passphrase"),
	})
	if err != nil {
		s.cloud.Close()
		return nil, fmt.Errorf("stack %s cannot be opened: %w", o.Stack, err)
	}
	return s, nil
}

// configure writes the stack's settings into the work folder, with the changes of the options.
func (s *Stack) configure() error {
	file, err := settings(s.options.Root, s.options.Stack)
	if err != nil {
		return err
	}
	for _, path := range slices.Sorted(maps.Keys(s.options.Set)) {
		if err := file.set(path, s.options.Set[path]); err != nil {
			return err
		}
	}
	return file.write(s.dir, s.options.Stack)
}

// Set changes settings for the steps that follow.
func (s *Stack) Set(changes map[string]any) error {
	s.options.Set = changes
	return s.configure()
}

// Close ends the stand-in.
func (s *Stack) Close() { s.cloud.Close() }

// Preview says what an update would do.
func (s *Stack) Preview(ctx context.Context) (*Report, error) {
	return s.step("preview", func(ch chan events.EngineEvent, quiet io.Writer) error {
		_, err := s.stack.Preview(ctx, optpreview.EventStreams(ch), optpreview.ProgressStreams(quiet),
			optpreview.ErrorProgressStreams(quiet), optpreview.SuppressProgress(), optpreview.DebugLogging(debug.LoggingOptions{}))
		return err
	})
}

// Up updates the stack.
func (s *Stack) Up(ctx context.Context) (*Report, error) {
	return s.step("up", func(ch chan events.EngineEvent, quiet io.Writer) error {
		_, err := s.stack.Up(ctx, optup.EventStreams(ch), optup.ProgressStreams(quiet), optup.ErrorProgressStreams(quiet), optup.SuppressProgress())
		return err
	})
}

// Refresh reads every resource again.
func (s *Stack) Refresh(ctx context.Context) (*Report, error) {
	return s.step("refresh", func(ch chan events.EngineEvent, quiet io.Writer) error {
		_, err := s.stack.Refresh(ctx, optrefresh.EventStreams(ch), optrefresh.ProgressStreams(quiet), optrefresh.ErrorProgressStreams(quiet), optrefresh.SuppressProgress())
		return err
	})
}

// Destroy deletes all resources.
func (s *Stack) Destroy(ctx context.Context) (*Report, error) {
	return s.step("destroy", func(ch chan events.EngineEvent, quiet io.Writer) error {
		_, err := s.stack.Destroy(ctx, optdestroy.EventStreams(ch), optdestroy.ProgressStreams(quiet), optdestroy.ErrorProgressStreams(quiet), optdestroy.SuppressProgress())
		return err
	})
}

// State returns the stack's state, as the engine keeps it.
func (s *Stack) State(ctx context.Context) ([]byte, error) {
	state, err := s.stack.Export(ctx)
	return state.Deployment, err
}

// Engine is the stack as the engine's own API has it, for what Stack does not offer.
func (s *Stack) Engine() *auto.Stack { return &s.stack }

// Cloud is the simulated account.
func (s *Stack) Cloud() *awssim.Server { return s.cloud }

// silence is how long an engine that has ended may be silent until its last events are thought to have come.
const silence = 5 * time.Second

// step runs one command of the engine and reports its events. The report is there also where the step failed.
func (s *Stack) step(name string, run func(chan events.EngineEvent, io.Writer) error) (*Report, error) {
	r := &Report{Step: name}
	ch := make(chan events.EngineEvent)
	ended, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		r.listen(ch, ended)
	}()
	begin := time.Now()
	err := run(ch, io.Discard)
	r.Took = time.Since(begin)
	close(ended)
	<-done
	r.sort()
	if err != nil {
		return r, r.explain(err)
	}
	return r, nil
}
