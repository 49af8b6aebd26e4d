package config

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"
)

func setDatabase(c *Config, value string) error {
	if rest, ok := strings.CutPrefix(value, "sqlite:"); ok {
		path, err := sqlitePath(rest)
		c.Database.URL = "sqlite:" + path
		return err
	}
	if err := checkDatabase(value); err != nil {
		return err
	}
	c.Database.URL = value
	return nil
}

// sqlitePath is the path of sqlite:PATH, taken as it is, or of sqlite:///PATH, as URLs write absolute ones.
func sqlitePath(rest string) (string, error) {
	switch {
	case rest == "", rest == "//":
		return "", errors.New("sqlite: needs a path: sqlite:./var/tasktracker.db")
	case strings.HasPrefix(rest, ":memory:"):
		return "", errors.New("sqlite: needs a file, a database in memory would be lost: sqlite:./var/tasktracker.db")
	}
	return localPath("sqlite:", rest)
}

// localPath is what follows scheme without the slashes of a URL. After two slashes a URL has a host, and files are here.
func localPath(scheme, rest string) (string, error) {
	after, isURL := strings.CutPrefix(rest, "//")
	if !isURL || strings.HasPrefix(after, "/") {
		return strings.TrimPrefix(rest, "//"), nil
	}
	host, _, _ := strings.Cut(after, "/")
	return "", fmt.Errorf("%s%s names a host, %q, but the file must be on this machine: write %[1]s%[4]s for a path from the working "+
		"directory, or %[1]s/%[4]s for one from the root", scheme, rest, host, after)
}

func checkDatabase(value string) error {
	u, err := url.Parse(value)
	if err != nil { // not err itself: it would print the password
		return errors.New("cannot be parsed; it must be mysql://user:password@host:3306/name with special characters percent-encoded")
	}
	if u.Scheme != "mysql" || u.Hostname() == "" || u.User.Username() == "" || strings.Trim(u.Path, "/") == "" {
		return errors.New("must be sqlite:PATH or mysql://user:password@host:3306/name")
	}
	// A password with one of these in it ended too early, and its rest is in what looks like a name: never print it.
	if strings.ContainsAny(strings.TrimPrefix(u.Path, "/"), badInName) || strings.Contains(u.RawQuery, "@") || u.Fragment != "" {
		return errors.New("the database's name cannot have / or @ in it; percent-encode special characters in the password, such as / as %2F, @ as %40, # as %23 and ? as %3F")
	}
	return nil
}

// badInName cannot be in the name of a database.
const badInName = "/@"

func setReplica(c *Config, value string) error {
	if strings.HasPrefix(value, "sqlite:") {
		return errors.New("must be mysql://user:password@host:3306/name")
	}
	if err := checkDatabase(value); err != nil {
		return err
	}
	c.Database.ReplicaURL = value
	return nil
}

func setDatabaseHost(c *Config, value string) error {
	host := value
	if h, port, err := net.SplitHostPort(value); err == nil {
		if _, err := strconv.ParseUint(port, 10, 16); err != nil {
			return fmt.Errorf("%q: the port must be a number", value)
		}
		host = h
	} else if strings.Count(value, ":") > 1 { // a bare IPv6 address
		value = "[" + strings.Trim(value, "[]") + "]"
	}
	if host == "" || strings.ContainsAny(host, " /@") {
		return fmt.Errorf("%q must be host or host:port", value)
	}
	c.Database.host = value
	return nil
}
