package store

import (
	"context"
	"crypto/tls"
	"errors"
)

// EnsureUserTLS is EnsureUser as with a CA file, on a server whose certificate nobody has signed.
func EnsureUserTLS(ctx context.Context, address, user, password string) (err error) {
	cfg, err := mysqlConfig(address, "")
	if err != nil {
		return err
	}
	cfg.TLS = &tls.Config{InsecureSkipVerify: true} //nolint:gosec // the server for tests has a certificate of its own making
	u := &ensurer{schema: cfg.DBName, user: user, password: password, tls: true, login: cfg.Clone()}
	cfg.DBName = ""
	if u.admin, err = openConfig(cfg); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, u.admin.Close()) }()
	return u.run(ctx, &EnsuredUser{})
}
