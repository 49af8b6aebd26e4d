package awssim

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	rpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"
	"google.golang.org/grpc/stats"
)

// Options say what the simulated account is like. The zero value is one in memory.
type Options struct {
	Dir     string  // where the account is kept between runs, in awssim.json; "" keeps it in memory
	Seed    string  // ids, names and passwords are made up from it
	Account string  // 12 digits; "" is 123456789012
	Faults  []Fault // what is to go wrong
	// Now is the clock by which names that a deleted object reserved become free again; nil is time.Now.
	Now func() time.Time
}

// Server is a simulated AWS account that engines attach to.
type Server struct {
	mu      sync.Mutex
	types   *catalogue
	options Options
	world   *world
	faults  []*armed
	env     []string
	servers []*grpc.Server
}

// Start listens on free local ports. The account lives until [Server.Close], or in [Options.Dir].
func Start(options Options) (*Server, error) {
	types, err := loadCatalogue()
	if err != nil {
		return nil, fmt.Errorf("awssim: %w", err)
	}
	if options.Account == "" {
		options.Account = "123456789012"
	}
	if options.Now == nil {
		options.Now = time.Now
	}
	s := &Server{types: types, options: options, world: &world{counters: map[string]int{}, now: options.Now}}
	s.SetFaults(options.Faults...)
	if err := s.restore(); err != nil {
		return nil, fmt.Errorf("awssim: %w", err)
	}
	var ports []string
	for _, name := range []string{"aws", "awsx", "docker-build"} {
		listener, err := new(net.ListenConfig).Listen(context.Background(), "tcp", "127.0.0.1:0")
		if err != nil {
			s.Close()
			return nil, fmt.Errorf("awssim: %w", err)
		}
		server := grpc.NewServer(grpc.StatsHandler(sessions{}), grpc.MaxRecvMsgSize(64<<20))
		rpc.RegisterResourceProviderServer(server, s.answering(name))
		go func() { _ = server.Serve(listener) }() // ends with Close, which needs no answer
		s.servers = append(s.servers, server)
		ports = append(ports, fmt.Sprintf("%s:%d", name, listener.Addr().(*net.TCPAddr).Port))
	}
	s.env = []string{"PULUMI_DEBUG_PROVIDERS=" + strings.Join(ports, ",")}
	return s, nil
}

// answering is the provider of a name.
func (s *Server) answering(name string) rpc.ResourceProviderServer {
	switch name {
	case "awsx":
		return &crosswalk{common{version: "2.22.0"}}
	case "docker-build":
		return &imageBuilder{common{version: "0.0.15"}, s}
	}
	return &provider{common{version: s.types.Version}, s}
}

// Env is what an engine's environment needs for it to attach here.
func (s *Server) Env() []string { return slices.Clone(s.env) }

// Close ends the server; an account in [Options.Dir] stays.
func (s *Server) Close() {
	for _, server := range s.servers {
		server.Stop()
	}
}

// Objects returns what exists, in order of creation.
func (s *Server) Objects() []*Object {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.world.objects)
}

// Leftovers returns what deleted objects left behind, in order of deletion.
func (s *Server) Leftovers() []Leftover {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.world.left)
}

// Change lets a test act on the account behind the engine's back: it gets what exists, and returns what shall exist.
func (s *Server) Change(f func([]*Object) []*Object) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.world.objects = f(s.world.objects)
	return s.save()
}

// saved is awssim.json.
type saved struct {
	Seed     string         `json:"seed"`
	Counters map[string]int `json:"counters"`
	Objects  []*Object      `json:"objects"`
	Left     []Leftover     `json:"left,omitempty"`
}

func (s *Server) file() string { return filepath.Join(s.options.Dir, "awssim.json") }

func (s *Server) restore() error {
	if s.options.Dir == "" {
		return nil
	}
	text, err := os.ReadFile(s.file())
	if errors.Is(err, fs.ErrNotExist) {
		return os.MkdirAll(s.options.Dir, 0o700)
	}
	if err != nil {
		return err
	}
	var state saved
	if err := json.Unmarshal(text, &state); err != nil {
		return fmt.Errorf("%s: %w; remove it to start with an empty account", s.file(), err)
	}
	if s.options.Seed == "" {
		s.options.Seed = state.Seed
	}
	s.world = &world{objects: state.Objects, counters: state.Counters, left: state.Left, now: s.options.Now}
	if s.world.counters == nil {
		s.world.counters = map[string]int{}
	}
	return nil
}

// save writes the account beside its file first: a crash leaves the old one or the new one.
func (s *Server) save() error {
	if s.options.Dir == "" {
		return nil
	}
	text, err := json.Marshal(saved{s.options.Seed, s.world.counters, s.world.objects, s.world.left})
	if err != nil {
		return err
	}
	if err := os.WriteFile(s.file()+".new", text, 0o600); err != nil {
		return err
	}
	return os.Rename(s.file()+".new", s.file())
}

// session is what one provider instance was configured with. The engine opens a connection per instance, and says nothing
// else that tells them apart once they are configured.
type session struct {
	mu     sync.Mutex
	region string
	tags   map[string]any
}

type sessionKey struct{}

// sessions gives each connection its session.
type sessions struct{}

func (sessions) TagConn(ctx context.Context, _ *stats.ConnTagInfo) context.Context {
	return context.WithValue(ctx, sessionKey{}, &session{})
}
func (sessions) HandleConn(context.Context, stats.ConnStats)                     {}
func (sessions) TagRPC(ctx context.Context, _ *stats.RPCTagInfo) context.Context { return ctx }
func (sessions) HandleRPC(context.Context, stats.RPCStats)                       {}

func sessionOf(ctx context.Context) *session {
	if s, ok := ctx.Value(sessionKey{}).(*session); ok {
		return s
	}
	return &session{}
}
