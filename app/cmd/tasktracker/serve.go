package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strings"
	"syscall"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/spf13/cobra"

	"github.com/task-tracker/task-tracker/app/internal/apperr"
	"github.com/task-tracker/task-tracker/app/internal/config"
	"github.com/task-tracker/task-tracker/app/internal/httpapi"
	"github.com/task-tracker/task-tracker/app/internal/store"
	"github.com/task-tracker/task-tracker/app/internal/telemetry"
)

func newServeCmd(e *env) *cobra.Command {
	return &cobra.Command{
		Use: "serve", Short: "Serve the API", Args: noArgs,
		Long: "Serve the API until SIGTERM or SIGINT; then /ready fails, requests are accepted for TASKTRACKER_DRAIN_DELAY more, and those under way are finished.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := e.config()
			if err != nil {
				return err
			}
			return e.serve(cmd.Context(), cfg)
		},
	}
}

// serve runs until ctx ends or something that it cannot do without fails. The listeners come first: a process that
// waits for its database is alive, and says so.
func (e *env) serve(ctx context.Context, cfg *config.Config) (err error) {
	limits := telemetry.FitContainer(os.DirFS("/"), e.getenv)
	log := telemetry.NewLogger(e.stderr, cfg.LogLevel, cfg.LogFormat)
	reg := telemetry.NewRegistry(version)
	listener, err := listen(ctx, "TASKTRACKER_ADDR", cfg.Addr)
	if err != nil {
		return err
	}
	defer func() { _ = listener.Close() }() // closed by the server in all but the first few lines
	var metricsListener net.Listener
	if cfg.MetricsAddr != "" {
		if metricsListener, err = listen(ctx, "TASKTRACKER_METRICS_ADDR", cfg.MetricsAddr); err != nil {
			return err
		}
		defer func() { _ = metricsListener.Close() }()
	}
	if port := listener.Addr().(*net.TCPAddr).Port; strings.HasSuffix(cfg.Addr, ":0") && strings.HasSuffix(cfg.PublicURL, ":0") {
		cfg.PublicURL = strings.TrimSuffix(cfg.PublicURL, "0") + fmt.Sprint(port)
	}
	options := storeOptions(cfg)
	options.Registry, options.Log = reg, log
	db, err := store.Open(options)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()

	api := httpapi.New(apiOptions(cfg, db, log, reg))
	server := newServer(api, log)
	failed := make(chan error, 2)
	go func() { failed <- serveOn(server, listener) }()
	if metricsListener != nil {
		metrics := newServer(telemetry.MetricsHandler(reg, log), log)
		go func() { failed <- serveOn(metrics, metricsListener) }()
		defer func() { _ = metrics.Close() }() // the last scrape may see the end
	}
	e.greet(cfg, listener.Addr(), metricsListener)
	log.InfoContext(ctx, "listening", slog.String("address", listener.Addr().String()), slog.String("version", version),
		slog.String("database", string(db.Engine())), slog.Int64("memory_limit_bytes", limits.Memory), slog.Float64("cpu_limit", limits.CPU))

	work, stopWork := context.WithCancel(context.WithoutCancel(ctx))
	defer stopWork()
	background := make(chan struct{})
	starting := &starter{cfg: cfg, db: db, api: api, log: log, reg: reg, unowned: func() { e.greetFirst(cfg, listener.Addr()) }}
	go func() {
		defer close(background)
		starting.run(work)
	}()

	select {
	case err = <-failed:
	case <-ctx.Done():
		delay := cfg.DrainDelay
		if !starting.ready.Load() {
			delay = 0 // nobody has been sent here yet
		}
		err = drain(delay, cfg.ShutdownTimeout, api, server, log, failed)
	}
	stopWork()
	select {
	case <-background:
	case <-time.After(workerTimeout):
		log.WarnContext(work, "background work did not end in time", slog.String("timeout", workerTimeout.String()))
	}
	log.InfoContext(context.WithoutCancel(ctx), "stopped")
	return err
}

// workerTimeout is how long background work may take to end once it was told to.
const workerTimeout = 5 * time.Second

// drain stops in the order that loses nothing: /ready fails and the load balancer turns away while requests are served
// on; then no connection is accepted and those under way are finished.
func drain(delay, timeout time.Duration, api *httpapi.Server, server *http.Server, log *slog.Logger, failed <-chan error) error {
	ctx := context.Background()
	log.InfoContext(ctx, "stopping", slog.String("drain_delay", delay.String()), slog.String("shutdown_timeout", timeout.String()))
	api.Drain()
	select {
	case <-time.After(delay):
	case err := <-failed:
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	err := server.Shutdown(ctx)
	if errors.Is(err, context.DeadlineExceeded) {
		log.WarnContext(ctx, "requests were cut off", slog.String("after", timeout.String()))
		return server.Close()
	}
	return err
}

// newServer has a time-out for everything a slow client can draw out. Idle connections live longer than a load
// balancer's 60 s, so that it is the one that closes them. Exports, imports and attachments set their own deadlines.
func newServer(h http.Handler, log *slog.Logger) *http.Server {
	return &http.Server{
		Handler:           h,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       30 * time.Second,
		WriteTimeout:      60 * time.Second,
		IdleTimeout:       75 * time.Second,
		MaxHeaderBytes:    32 << 10,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
}

func serveOn(server *http.Server, l net.Listener) error {
	if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serving on %s: %w", l.Addr(), err)
	}
	return nil
}

// listen names the variable that an address came from when it cannot be had.
func listen(ctx context.Context, variable, addr string) (net.Listener, error) {
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", addr)
	switch {
	case err == nil:
		return l, nil
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, fmt.Errorf("cannot listen on %s: another program does; stop it, or set %s to another address", addr, variable)
	case errors.Is(err, syscall.EACCES):
		return nil, fmt.Errorf("cannot listen on %s: that port is for root; set %s to one above 1023", addr, variable)
	}
	return nil, fmt.Errorf("cannot listen on %s (%s): %w", addr, variable, err)
}

func apiOptions(cfg *config.Config, db *store.DB, log *slog.Logger, reg prometheus.Registerer) httpapi.Options {
	return httpapi.Options{
		Log: log, Registry: reg, AccessLog: httpapi.AccessLog(cfg.AccessLog),
		TrustedProxies: cfg.TrustedProxies, CORSOrigins: cfg.CORSOrigins,
		HTTPS: strings.HasPrefix(cfg.PublicURL, "https:"), Loopback: cfg.Loopback(),
		RateLimitPrincipal: cfg.RateLimitPrincipal, RateLimitAddress: cfg.RateLimitAddress, RateLimitCredentials: cfg.RateLimitCredentials,
		MaxImport: cfg.ImportMaxBytes,
		// Not the attachments' store: without it, all but attachments works, and no other process would do better.
		Checks: []httpapi.Check{{Name: "database", Fn: readiness(cfg, db)}},
	}
}

// readiness is what /ready asks of the database. Where this process makes the schema, it is not the operator's business.
func readiness(cfg *config.Config, db *store.DB) func(ctx context.Context) error {
	return func(ctx context.Context) error {
		err := db.Ready(ctx)
		if cfg.Database.Migrate && errors.Is(err, store.ErrSchema) {
			return apperr.Wrap(err, apperr.Unavailable, "This process is bringing the database's schema up to date; its log tells of any trouble.")
		}
		return err
	}
}

// getenv is os.Getenv on the command's own environment.
func (e *env) getenv(name string) string {
	for i := len(e.environ) - 1; i >= 0; i-- {
		if value, ok := strings.CutPrefix(e.environ[i], name+"="); ok {
			return value
		}
	}
	return ""
}

// greet tells a newcomer where everything is.
func (e *env) greet(cfg *config.Config, addr net.Addr, metrics net.Listener) {
	url := clientURL(addr)
	var b strings.Builder
	fmt.Fprintf(&b, "Task Tracker %s\n\n", version)
	fmt.Fprintf(&b, "  API            %s/v1\n", url)
	fmt.Fprintf(&b, "  Documentation  %s/docs\n", url)
	if metrics != nil {
		fmt.Fprintf(&b, "  Metrics        http://%s/metrics\n", metrics.Addr())
	}
	fmt.Fprintf(&b, "  Data           %s\n", strings.TrimPrefix(cfg.ShowDatabase(), "sqlite:"))
	fmt.Fprintf(&b, "  Attachments    %s\n\n", strings.TrimPrefix(cfg.BlobURL, "file:"))
	_, _ = fmt.Fprint(e.stdout, b.String()) // a closed stdout is no reason not to serve
}

// clientURL is where a client on this machine reaches a listener.
func clientURL(addr net.Addr) string {
	if tcp, ok := addr.(*net.TCPAddr); ok && tcp.IP.IsUnspecified() {
		return fmt.Sprintf("http://127.0.0.1:%d", tcp.Port)
	}
	return "http://" + addr.String()
}

// greetFirst tells how to make the first account, on an instance that has none.
func (e *env) greetFirst(cfg *config.Config, addr net.Addr) {
	url := clientURL(addr)
	var b strings.Builder
	const person = `"email":"ada@example.com","password":"correct horse battery","name":"Ada"`
	switch {
	case cfg.Loopback():
		fmt.Fprintf(&b, "Make the first account, which owns this instance:\n\n  curl --json '{%s}' %s/v1/signup\n\n", person, url)
	case cfg.BootstrapToken != "":
		fmt.Fprintf(&b, "Make the first account, which owns this instance:\n\n  curl --json '{%s,\"bootstrap_token\":\"'$TASKTRACKER_BOOTSTRAP_TOKEN'\"}' %s/v1/signup\n\n", person, url)
	default:
		b.WriteString("The first account is made with a secret, as this API can be reached from elsewhere: set TASKTRACKER_BOOTSTRAP_TOKEN, or run `tasktracker user create --owner`.\n\n")
	}
	_, _ = fmt.Fprint(e.stdout, b.String()) // a closed stdout is no reason not to serve
}
