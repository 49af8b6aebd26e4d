package store

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/go-sql-driver/mysql"
	"github.com/prometheus/client_golang/prometheus"
	_ "modernc.org/sqlite" // registers the driver "sqlite"
)

// Options say how a database is opened. URL is required.
type Options struct {
	// URL is mysql://user:password@host:port/name or sqlite:PATH, where PATH is the file's name as it is, without escapes.
	URL string
	// ReplicaURL is a MySQL read replica for reads that may lag; optional.
	ReplicaURL string
	// CAFile is a PEM file; with it, MySQL connections use TLS and check the server's name.
	CAFile string
	// MaxConns bounds open connections to MySQL; 8 where zero.
	MaxConns int
	// Now is the clock; time.Now where nil.
	Now func() time.Time
	// Registry receives the metrics; none where nil.
	Registry prometheus.Registerer
	// Log receives what no caller hears of, such as a replica that is down; slog.Default where nil.
	Log *slog.Logger
}

// DB is an open database. It is safe for concurrent use.
type DB struct {
	d       *dialect
	write   *sql.DB
	read    *sql.DB // the same as write on MySQL; SQLite reads beside its one writer
	lagging *sql.DB // a replica, or nil
	exports *exports
	loads   *sql.DB // the same as write on SQLite; on MySQL for transactions that may take minutes
	now     func() time.Time
	log     *slog.Logger
	metrics *metrics
}

// Open opens a database without asking whether it is there: a MySQL that is down at start is found by [DB.Ready] and may
// come later. A SQLite file is created where it is missing. Errors name what is wrong with the options.
func Open(o Options) (*DB, error) {
	if o.MaxConns == 0 {
		o.MaxConns = 8
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	db := &DB{now: o.Now, log: o.Log}
	var err error
	switch scheme, rest, _ := strings.Cut(o.URL, ":"); scheme {
	case "mysql":
		db.d = newDialect(MySQL)
		db.write, err = openMySQL(o.URL, o)
		db.read = db.write
		if err == nil {
			db.loads, err = openLoads(o)
		}
		if err == nil && o.ReplicaURL != "" {
			db.lagging, err = openMySQL(o.ReplicaURL, o)
		}
		if err == nil {
			db.exports, err = openMySQLExports(o)
		}
	case "sqlite":
		db.d = newDialect(SQLite)
		db.write, db.read, err = openSQLite(rest)
		db.loads = db.write
		if err == nil {
			db.exports, err = openSQLiteExports(rest)
		}
	default:
		return nil, fmt.Errorf("database URL: unknown scheme %q; use mysql://user:password@host:port/name or sqlite:PATH", scheme)
	}
	if err != nil {
		return nil, err
	}
	db.metrics = newMetrics(o.Registry, db)
	return db, nil
}

// Engine tells which engine the database runs on.
func (db *DB) Engine() Engine { return db.d.engine }

// Close closes all connections, waiting for the statements under way.
func (db *DB) Close() error {
	err := db.write.Close()
	if db.read != db.write {
		err = errors.Join(err, db.read.Close())
	}
	if db.loads != db.write {
		err = errors.Join(err, db.loads.Close())
	}
	if db.lagging != nil {
		err = errors.Join(err, db.lagging.Close())
	}
	return errors.Join(err, db.exports.close())
}

func openMySQL(raw string, o Options) (*sql.DB, error) {
	cfg, err := mysqlConfig(raw, o.CAFile)
	if err != nil {
		return nil, err
	}
	connector, err := mysql.NewConnector(cfg)
	if err != nil {
		return nil, fmt.Errorf("database URL: %w", err)
	}
	pool := sql.OpenDB(bounded{connector})
	pool.SetMaxOpenConns(o.MaxConns)
	pool.SetMaxIdleConns(o.MaxConns)
	pool.SetConnMaxLifetime(3 * time.Minute)
	pool.SetConnMaxIdleTime(time.Minute)
	return pool, nil
}

// bounded gives up on a server that takes connections and then says nothing: the driver's own time-out is for the dial
// alone, and three handshakes may follow each other.
type bounded struct{ driver.Connector }

// Connect implements driver.Connector.
func (b bounded) Connect(ctx context.Context) (driver.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	c, err := b.Connector.Connect(ctx)
	if err != nil && ctx.Err() != nil {
		err = ctx.Err() // not driver.ErrBadConn, with which the pool would try again
	}
	return c, err
}

// mysqlConfig turns mysql://user:password@host:port/name?tls=true into the driver's settings. The time-outs keep a dead
// or demoted server from holding requests; rejectReadOnly leaves a primary that became a replica; strict SQL mode and
// READ COMMITTED are set for the session, whatever the server's defaults.
func mysqlConfig(raw, caFile string) (*mysql.Config, error) {
	u, err := url.Parse(raw)
	if err != nil {
		return nil, errors.New("database URL: cannot be parsed; use mysql://user:password@host:port/name, with special characters percent-encoded")
	}
	cfg := mysql.NewConfig()
	cfg.User = u.User.Username()
	cfg.Passwd, _ = u.User.Password()
	cfg.Net = "tcp"
	cfg.Addr = u.Host
	if u.Port() == "" {
		cfg.Addr = net.JoinHostPort(u.Hostname(), "3306")
	}
	cfg.DBName = strings.TrimPrefix(u.Path, "/")
	if u.Hostname() == "" || cfg.User == "" || cfg.DBName == "" {
		return nil, errors.New("database URL: user, host and database name are required: mysql://user:password@host:port/name")
	}
	if strings.ContainsAny(cfg.DBName, "/@") || strings.Contains(u.RawQuery, "@") || u.Fragment != "" {
		// A password with such a character has ended too early; what is left of it is in the name.
		return nil, errors.New("database URL: no database name has / or @ in it; percent-encode special characters in the password: mysql://user:password@host:port/name")
	}
	cfg.Timeout, cfg.ReadTimeout, cfg.WriteTimeout = 3*time.Second, 10*time.Second, 10*time.Second
	cfg.RejectReadOnly, cfg.InterpolateParams, cfg.ClientFoundRows = true, true, true
	cfg.Collation = "utf8mb4_bin"
	cfg.Logger = quiet{}
	cfg.ParseTime = true // for the migration tool's own table; ours hold integers
	cfg.Params = map[string]string{
		"transaction_isolation":    "'READ-COMMITTED'",
		"innodb_lock_wait_timeout": "3",
		"sql_mode":                 "'STRICT_ALL_TABLES,NO_ZERO_DATE,NO_ZERO_IN_DATE,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION'",
		"time_zone":                "'+00:00'",
	}
	for name, values := range u.Query() {
		switch value := values[len(values)-1]; {
		case name == "tls" && value == "true":
			cfg.TLS = &tls.Config{ServerName: u.Hostname(), MinVersion: tls.VersionTLS12}
		case name == "tls" && value == "false":
		case name == "read_timeout":
			if cfg.ReadTimeout, err = time.ParseDuration(value); err != nil {
				return nil, fmt.Errorf("database URL: read_timeout: %w", err)
			}
		default:
			return nil, fmt.Errorf("database URL: parameter %q is not known; tls=true|false and read_timeout=DURATION are", name+"="+value)
		}
	}
	if caFile != "" {
		pem, err := os.ReadFile(caFile) //nolint:gosec // the path is the operator's own setting
		if err != nil {
			return nil, fmt.Errorf("database CA file: %w", err)
		}
		roots := x509.NewCertPool()
		if !roots.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("database CA file: %s holds no PEM certificate", caFile)
		}
		cfg.TLS = &tls.Config{ServerName: u.Hostname(), RootCAs: roots, MinVersion: tls.VersionTLS12}
	}
	return cfg, nil
}

// quiet drops the driver's own log lines: the same errors reach the caller.
type quiet struct{}

func (quiet) Print(...any) {}

const sqlitePragmas = "_pragma=busy_timeout(5000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=foreign_keys(1)&_pragma=temp_store(MEMORY)"

// sqliteURI names exactly the file at path, whatever characters are in it, with the driver's parameters. SQLite decodes %XX
// in a URI, ends its path at ? and #, and takes what follows // for a host.
func sqliteURI(path, parameters string) string {
	lead := "file:"
	if strings.HasPrefix(path, "/") {
		lead = "file://" // an empty host, so that more slashes at the start are the path's
	}
	return lead + (&url.URL{Path: path}).EscapedPath() + "?" + parameters
}

// openSQLite opens one connection that writes and several that only read, on a file in write-ahead mode. FULL makes a
// commit durable before it is answered.
func openSQLite(path string) (write, read *sql.DB, err error) {
	if path == "" || strings.HasPrefix(path, ":memory:") {
		return nil, nil, errors.New("database URL: sqlite needs a file: sqlite:PATH")
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, nil, fmt.Errorf("database folder %s: %w; it must be writable for the service, %s", filepath.Dir(path), err, anotherPath)
	}
	write, err = sql.Open("sqlite", sqliteURI(path, "_txlock=immediate&_pragma=cache_size(-16000)&"+sqlitePragmas))
	if err != nil {
		return nil, nil, fmt.Errorf("database: %w", err)
	}
	write.SetMaxOpenConns(1)
	// The first connection creates the file and switches it to write-ahead mode, which readers cannot.
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := write.PingContext(ctx); err != nil {
		return nil, nil, errors.Join(sqliteTrouble(path, err), write.Close())
	}
	read, err = openSQLiteReader(path, 4)
	if err != nil {
		return nil, nil, errors.Join(err, write.Close())
	}
	return write, read, nil
}

// openSQLiteReader opens connections that only read, once [openSQLite] has made the file.
func openSQLiteReader(path string, conns int) (*sql.DB, error) {
	pool, err := sql.Open("sqlite", sqliteURI(path, "_pragma=query_only(1)&_pragma=cache_size(-4000)&"+sqlitePragmas))
	if err != nil {
		return nil, fmt.Errorf("database: %w", err)
	}
	pool.SetMaxOpenConns(conns)
	pool.SetMaxIdleConns(conns)
	return pool, nil
}
