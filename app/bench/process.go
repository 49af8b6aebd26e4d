package main

import (
	"bufio"
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/go-sql-driver/mysql"
)

// process is one that this command started.
type process struct {
	cmd  *exec.Cmd
	addr string
	log  *os.File
}

// stop ends the process, gently first, and waits for it.
func (p *process) stop() {
	if p == nil || p.cmd.Process == nil {
		return
	}
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	kill := time.AfterFunc(15*time.Second, func() { _ = p.cmd.Process.Kill() })
	_ = p.cmd.Wait() // that it was told to end is no failure
	kill.Stop()
	if p.log != nil {
		_ = p.log.Close()
	}
}

func (b *bench) command(ctx context.Context, name string, args ...string) error {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w\n%s", name, err, out)
	}
	return nil
}

// tasktracker runs a command of the binary to its end and returns what it printed.
func (b *bench) tasktracker(ctx context.Context, databaseURL string, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, b.binary, args...)
	cmd.Env = b.env(databaseURL)
	var out, complaint bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &complaint
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("tasktracker %s: %w\n%s", args[0], err, complaint.Bytes())
	}
	return out.Bytes(), nil
}

// env is all that the binary is given: its defaults, but for the database and what loopback load needs.
func (b *bench) env(databaseURL string, more ...string) []string {
	return append([]string{
		"PATH=" + os.Getenv("PATH"), "TASKTRACKER_DATABASE_URL=" + databaseURL, "TASKTRACKER_BLOB_URL=file:" + filepath.Join(b.dir, "blobs"),
		"TASKTRACKER_METRICS_ADDR=", "TASKTRACKER_RATE_LIMIT_PRINCIPAL=0", "TASKTRACKER_RATE_LIMIT_ADDRESS=0", "TASKTRACKER_DRAIN_DELAY=0s",
	}, more...)
}

// service starts the service and waits until it is ready. wrap, where not nil, is put before the command.
func (b *bench) service(ctx context.Context, databaseURL string, wrap []string) (*process, error) {
	addr, err := freeAddr(ctx)
	if err != nil {
		return nil, err
	}
	p, err := b.launch(ctx, databaseURL, wrap, addr)
	if err != nil {
		return nil, err
	}
	if _, err := await(ctx, "http://"+addr+"/ready"); err != nil {
		p.stop()
		said, _ := os.ReadFile(p.log.Name())
		return nil, fmt.Errorf("service: %w\n%s", err, said)
	}
	return p, nil
}

// launch starts the service and waits for nothing.
func (b *bench) launch(ctx context.Context, databaseURL string, wrap []string, addr string) (*process, error) {
	log, err := os.CreateTemp(b.dir, "serve-*.log")
	if err != nil {
		return nil, err
	}
	words := append(slices.Clone(wrap), b.binary, "serve")
	cmd := exec.CommandContext(ctx, words[0], words[1:]...)
	cmd.Env = b.env(databaseURL, "TASKTRACKER_ADDR="+addr)
	cmd.Stdout, cmd.Stderr = log, log
	p := &process{cmd: cmd, addr: addr, log: log}
	return p, cmd.Start()
}

// floor starts this very program as the floor.
func (b *bench) floor(ctx context.Context, databaseURL string) (*process, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, self, "-floor", databaseURL)
	cmd.Stderr = b.log
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	p := &process{cmd: cmd}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		p.stop()
		return nil, fmt.Errorf("floor: %w", err)
	}
	p.addr = strings.TrimSpace(line)
	return p, nil
}

// await asks url every 2 ms until it answers 200, for a minute at most, and tells how long that took.
func await(ctx context.Context, url string) (time.Duration, error) {
	start := time.Now()
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	for {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err != nil {
			return 0, err
		}
		resp, err := http.DefaultClient.Do(req)
		if err == nil {
			if err := resp.Body.Close(); err != nil {
				return 0, err
			}
			if resp.StatusCode == http.StatusOK {
				return time.Since(start), nil
			}
		}
		select {
		case <-ctx.Done():
			return 0, fmt.Errorf("%s did not answer 200 within a minute", url)
		case <-time.After(2 * time.Millisecond):
		}
	}
}

func freeAddr(ctx context.Context) (string, error) {
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

// mysqlServer is where the databases of a run are made.
type mysqlServer struct {
	cfg  *mysql.Config
	proc *process
}

const envMySQL = "TASKTRACKER_TEST_MYSQL_DSN"

// mysql takes the server that TASKTRACKER_TEST_MYSQL_DSN names, or starts the mysqld that is on PATH.
func (b *bench) mysql(ctx context.Context) (*mysqlServer, error) {
	if dsn := os.Getenv(envMySQL); dsn != "" {
		cfg, err := mysql.ParseDSN(dsn)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", envMySQL, err)
		}
		return &mysqlServer{cfg: cfg}, nil
	}
	mysqld, err := exec.LookPath("mysqld")
	if err != nil {
		return nil, fmt.Errorf("no MySQL: set %s (root@tcp(127.0.0.1:3306)/), or install mysqld", envMySQL)
	}
	b.say("starting %s", mysqld)
	data := filepath.Join(b.dir, "mysql")
	user := "--user=" + strconv.Itoa(os.Getuid())
	if os.Getuid() == 0 {
		user = "--user=root"
	}
	if err := b.command(ctx, mysqld, "--no-defaults", "--initialize-insecure", user, "--datadir="+data); err != nil {
		return nil, err
	}
	addr, err := freeAddr(ctx)
	if err != nil {
		return nil, err
	}
	_, port, _ := net.SplitHostPort(addr)
	cmd := exec.CommandContext(ctx, mysqld, "--no-defaults", user, "--datadir="+data, "--port="+port, "--bind-address=127.0.0.1", "--mysqlx=OFF",
		"--socket="+filepath.Join(data, "s"), "--innodb-buffer-pool-size=512M", "--log-error="+filepath.Join(b.dir, "mysql.log"))
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	cfg := mysql.NewConfig()
	cfg.User, cfg.Net, cfg.Addr = "root", "tcp", addr
	s := &mysqlServer{cfg: cfg, proc: &process{cmd: cmd}}
	for range 300 {
		if err = s.exec(ctx, "DO 1"); err == nil {
			return s, nil
		}
		time.Sleep(100 * time.Millisecond)
	}
	s.stop()
	return nil, fmt.Errorf("mysqld did not start: %w", err)
}

func (s *mysqlServer) stop() { s.proc.stop() }

func (s *mysqlServer) exec(ctx context.Context, text string) (err error) {
	pool, err := sql.Open("mysql", s.cfg.FormatDSN())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, pool.Close()) }()
	_, err = pool.ExecContext(ctx, text)
	return err
}

// database makes an empty database and returns its URL and how to drop it.
func (s *mysqlServer) database(ctx context.Context) (databaseURL string, drop func() error, err error) {
	name := fmt.Sprintf("tt_bench_%d_%d", os.Getpid(), time.Now().UnixNano())
	if err := s.exec(ctx, "CREATE DATABASE "+name+" CHARACTER SET utf8mb4 COLLATE utf8mb4_bin"); err != nil {
		return "", nil, fmt.Errorf("MySQL at %s: %w", s.cfg.Addr, err)
	}
	u := url.URL{Scheme: "mysql", User: url.UserPassword(s.cfg.User, s.cfg.Passwd), Host: s.cfg.Addr, Path: "/" + name}
	return u.String(), func() error {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Minute)
		defer cancel()
		return s.exec(ctx, "DROP DATABASE "+name)
	}, nil
}
