package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/go-sql-driver/mysql"

	"github.com/task-tracker/task-tracker/app/internal/apperr"
)

// EnsuredUser is what [EnsureUser] found and did.
type EnsuredUser struct {
	Name   string `json:"name"`
	Schema string `json:"schema"`
	// Did is created, updated or unchanged.
	Did string `json:"did"`
}

// Ping asks whether the database answers: unavailable where it does not.
func (db *DB) Ping(ctx context.Context) error {
	if err := db.write.PingContext(ctx); err != nil {
		return unreachable(err)
	}
	return nil
}

// EnsureUser makes sure that the schema of o.URL exists and that a user can select, insert, update and delete in it, and
// do nothing else, from any host, with that password, and over TLS only where o.CAFile is set. o.URL holds an
// administrator's login. It may be run at any time: a user who is right already is left alone, and a running application
// does not notice, except where rights have to be taken away.
func EnsureUser(ctx context.Context, o Options, user, password string) (out EnsuredUser, err error) {
	cfg, err := mysqlConfig(o.URL, o.CAFile)
	if err != nil {
		return out, err
	}
	u := &ensurer{schema: cfg.DBName, user: user, password: password, tls: o.CAFile != "", login: cfg.Clone()}
	out = EnsuredUser{Name: user, Schema: cfg.DBName, Did: "unchanged"}
	if user == "" || password == "" || user == cfg.User {
		return out, errors.New("a name and a password are needed, and another name than the administrator's")
	}
	cfg.DBName = ""
	if u.admin, err = openConfig(cfg); err != nil {
		return out, err
	}
	defer func() { err = errors.Join(err, u.admin.Close()) }()
	return out, u.run(ctx, &out)
}

func openConfig(cfg *mysql.Config) (*sql.DB, error) {
	connector, err := mysql.NewConnector(cfg)
	if err != nil {
		return nil, fmt.Errorf("database: %w", err)
	}
	pool := sql.OpenDB(connector)
	pool.SetMaxOpenConns(1)
	return pool, nil
}

type ensurer struct {
	admin                  *sql.DB
	schema, user, password string
	tls                    bool
	login                  *mysql.Config
}

// exec runs a statement; what describes it goes into the error, its arguments never do.
func (u *ensurer) exec(ctx context.Context, what, text string, args ...any) error {
	if _, err := u.admin.ExecContext(ctx, text, args...); err != nil {
		return apperr.Wrap(err, apperr.Unavailable, "The administrator could not %s.", what)
	}
	return nil
}

func (u *ensurer) run(ctx context.Context, out *EnsuredUser) error {
	if err := u.admin.PingContext(ctx); err != nil {
		return apperr.Wrap(err, apperr.Unavailable, "The database cannot be reached with the administrator's login.")
	}
	if err := u.exec(ctx, "create the schema "+u.schema, "CREATE DATABASE IF NOT EXISTS "+identifier(u.schema)+" CHARACTER SET utf8mb4 COLLATE utf8mb4_bin"); err != nil {
		return err
	}
	known, err := u.sslType(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		// The driver puts arguments into the text itself, escaped: this statement cannot be prepared.
		if err := u.exec(ctx, "create the user "+u.user, "CREATE USER ?@'%' IDENTIFIED BY ? REQUIRE "+u.require(), u.user, u.password); err != nil {
			return err
		}
		out.Did = "created"
	} else if err != nil {
		return apperr.Wrap(err, apperr.Unavailable, "The administrator could not look for the user %s.", u.user)
	}
	if want := map[bool]string{true: "ANY", false: ""}[u.tls]; out.Did != "created" && known != want {
		if err := u.exec(ctx, "say whether "+u.user+" must use TLS", "ALTER USER ?@'%' REQUIRE "+u.require(), u.user); err != nil {
			return err
		}
		out.Did = "updated"
	}
	changed, err := u.grant(ctx)
	if err != nil {
		return err
	}
	rotated, err := u.rotate(ctx)
	if err != nil {
		return err
	}
	if (changed || rotated) && out.Did == "unchanged" {
		out.Did = "updated"
	}
	return nil
}

func (u *ensurer) require() string {
	if u.tls {
		return "SSL"
	}
	return "NONE"
}

// sslType is how MySQL writes what the user must use: ANY for any TLS; [sql.ErrNoRows] where there is no such user.
func (u *ensurer) sslType(ctx context.Context) (kind string, err error) {
	err = u.admin.QueryRowContext(ctx, "SELECT ssl_type FROM mysql.user WHERE user = ? AND host = '%'", u.user).Scan(&kind)
	return kind, err
}

// grant gives the user exactly its rights. Where the rights are these already nothing is run.
func (u *ensurer) grant(ctx context.Context) (changed bool, err error) {
	var partial bool
	if err := u.admin.QueryRowContext(ctx, "SELECT @@partial_revokes").Scan(&partial); err != nil {
		return false, apperr.Wrap(err, apperr.Unavailable, "The administrator could not read a setting of the server.")
	}
	schema := u.schema
	if !partial { // then _ and % in the name of a grant's schema stand for any character
		schema = strings.NewReplacer("_", `\_`, "%", `\%`).Replace(schema)
	}
	object := identifier(schema) + ".*"
	have, err := u.grants(ctx)
	if err != nil {
		return false, err
	}
	name := identifier(u.user) + "@`%`"
	want := []string{"GRANT USAGE ON *.* TO " + name, "GRANT SELECT, INSERT, UPDATE, DELETE ON " + object + " TO " + name}
	if slices.Equal(have, want) {
		return false, nil
	}
	if slices.ContainsFunc(have, func(g string) bool { return !slices.Contains(want, g) }) {
		if err := u.exec(ctx, "take other rights from "+u.user, "REVOKE ALL PRIVILEGES, GRANT OPTION FROM ?@'%'", u.user); err != nil {
			return false, err
		}
	}
	if err := u.exec(ctx, "grant rights to "+u.user, "GRANT SELECT, INSERT, UPDATE, DELETE ON "+object+" TO ?@'%'", u.user); err != nil {
		return false, err
	}
	if have, err = u.grants(ctx); err == nil && !slices.Equal(have, want) {
		err = fmt.Errorf("the user %s has other rights than it should: %s", u.user, strings.Join(have, "; "))
	}
	return true, err
}

func (u *ensurer) grants(ctx context.Context) (out []string, err error) {
	rows, err := u.admin.QueryContext(ctx, "SHOW GRANTS FOR ?@'%'", u.user)
	if err != nil {
		return nil, apperr.Wrap(err, apperr.Unavailable, "The administrator could not read the rights of %s.", u.user)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var g string
		if err := rows.Scan(&g); err != nil {
			return nil, err
		}
		out = append(out, g)
	}
	return out, rows.Err()
}

// rotate gives the user its password unless it has it already. The one before stays good until the next rotation: tasks
// that still run log in with it, and so does a release that is rolled back.
func (u *ensurer) rotate(ctx context.Context) (changed bool, err error) {
	if err = u.tryLogin(ctx); err == nil {
		return false, nil
	}
	var my *mysql.MySQLError
	if !errors.As(err, &my) || my.Number != 1045 { // ER_ACCESS_DENIED_ERROR
		return false, apperr.Wrap(err, apperr.Unavailable, "The user %s cannot log in.", u.user)
	}
	if err := u.exec(ctx, "change the password of "+u.user, "ALTER USER ?@'%' IDENTIFIED BY ? RETAIN CURRENT PASSWORD", u.user, u.password); err != nil {
		return false, err
	}
	if err := u.tryLogin(ctx); err != nil {
		return true, apperr.Wrap(err, apperr.Unavailable, "The user %s cannot log in with its new password.", u.user)
	}
	return true, nil
}

func (u *ensurer) tryLogin(ctx context.Context) (err error) {
	u.login.User, u.login.Passwd = u.user, u.password
	pool, err := openConfig(u.login)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, pool.Close()) }()
	return pool.PingContext(ctx)
}

// identifier quotes a name for MySQL.
func identifier(name string) string { return "`" + strings.ReplaceAll(name, "`", "``") + "`" }
