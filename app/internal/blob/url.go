package blob

import (
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strconv"
	"strings"
)

// Location is where blobs are: in a folder of this machine, or in a bucket.
type Location struct {
	Dir string    // a path as it is; empty for a bucket
	S3  *S3Config // nil for a folder
}

const urlForm = `must be file:PATH or s3://BUCKET?region=…&endpoint=…&path_style=true|false&upload=post|put`

// ParseURL reads "file:PATH", or "s3://BUCKET?…" with these parameters, each of which may be left out:
//
//   - region: the SDK's chain decides without it;
//   - endpoint: of a store that speaks S3's protocol, as https://HOST[:PORT]; AWS without it;
//   - path_style: true for https://HOST/BUCKET/KEY instead of https://BUCKET.HOST/KEY;
//   - upload: post (the default) or put, see [S3Config].
//
// Credentials are no part of it, and no error shows what might be some.
func ParseURL(rawURL string) (Location, error) {
	scheme, rest, _ := strings.Cut(rawURL, ":")
	switch {
	case scheme == "file" && rest != "":
		return Location{Dir: rest}, nil
	case scheme == "s3":
		cfg, err := parseS3URL(rawURL)
		return Location{S3: &cfg}, err
	}
	return Location{}, errors.New(urlForm)
}

var (
	bucketName = regexp.MustCompile(`\A[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]\z`)
	regionName = regexp.MustCompile(`\A[a-zA-Z0-9-]{1,63}\z`)
)

func validBucket(name string) bool {
	return bucketName.MatchString(name) && !strings.Contains(name, "..")
}

func parseS3URL(rawURL string) (S3Config, error) {
	u, err := url.Parse(rawURL)
	switch {
	case err != nil || u.Opaque != "" || u.Fragment != "":
		return S3Config{}, errors.New(urlForm)
	case u.User != nil:
		return S3Config{}, errors.New("must not hold credentials: they come from the AWS environment; " + urlForm)
	case u.Path != "" && u.Path != "/":
		return S3Config{}, fmt.Errorf("has a path, %q, after the bucket: attachments have the bucket to themselves; %s", u.Path, urlForm)
	case !validBucket(u.Host):
		return S3Config{}, fmt.Errorf("%q is not the name of a bucket: 3 to 63 lower-case letters, digits, dots and hyphens", u.Host)
	}
	cfg := S3Config{Bucket: u.Host}
	query, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return S3Config{}, errors.New("has malformed parameters; " + urlForm)
	}
	for name, values := range query {
		if set, known := s3Parameters[name]; !known {
			return S3Config{}, fmt.Errorf("has no parameter %q; region, endpoint, path_style and upload are known", name)
		} else if len(values) != 1 || values[0] == "" {
			return S3Config{}, fmt.Errorf("parameter %s needs one value", name)
		} else if err := set(&cfg, values[0]); err != nil {
			return S3Config{}, fmt.Errorf("parameter %s: %w", name, err)
		}
	}
	return cfg, nil
}

var s3Parameters = map[string]func(cfg *S3Config, value string) error{
	"region": func(cfg *S3Config, value string) error {
		if !regionName.MatchString(value) {
			return fmt.Errorf("%q is not the name of a region, such as eu-central-1", value)
		}
		cfg.Region = value
		return nil
	},
	"endpoint": func(cfg *S3Config, value string) error {
		e, err := url.Parse(value)
		if err != nil || e.User != nil { // the value may hold a password
			return errors.New("must be https://HOST[:PORT]")
		}
		_, portErr := strconv.ParseUint(e.Port(), 10, 16)
		if e.Scheme != "https" && e.Scheme != "http" || e.Hostname() == "" || e.Port() != "" && portErr != nil ||
			strings.Trim(e.Path, "/") != "" || e.RawQuery != "" || e.Fragment != "" {
			return fmt.Errorf("must be https://HOST[:PORT], not %q", value)
		}
		cfg.Endpoint = e.Scheme + "://" + e.Host
		return nil
	},
	"path_style": func(cfg *S3Config, value string) (err error) {
		if cfg.PathStyle, err = strconv.ParseBool(value); err != nil {
			return fmt.Errorf("must be true or false, not %q", value)
		}
		return nil
	},
	"upload": func(cfg *S3Config, value string) error {
		if value != "post" && value != "put" {
			return fmt.Errorf("must be post or put, not %q", value)
		}
		cfg.PutUploads = value == "put"
		return nil
	},
}
