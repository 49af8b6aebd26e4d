package blob_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/task-tracker/task-tracker/app/internal/blob"
)

func TestParseURL(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]blob.Location{
		"file:./var/blobs":     {Dir: "./var/blobs"},
		"file:/a%41/b c?d#e":   {Dir: "/a%41/b c?d#e"},
		"s3://bucket":          {S3: &blob.S3Config{Bucket: "bucket"}},
		"s3://my.bucket-1/":    {S3: &blob.S3Config{Bucket: "my.bucket-1"}},
		"s3://b-1?upload=post": {S3: &blob.S3Config{Bucket: "b-1"}},
		"s3://b-1?upload=put":  {S3: &blob.S3Config{Bucket: "b-1", PutUploads: true}},
		"s3://b-1?endpoint=http://127.0.0.1:9000/&path_style=true": {S3: &blob.S3Config{
			Bucket: "b-1", Endpoint: "http://127.0.0.1:9000", PathStyle: true,
		}},
		"s3://b-1?region=auto&endpoint=https://0123.r2.cloudflarestorage.com&upload=put": {S3: &blob.S3Config{
			Bucket: "b-1", Region: "auto", Endpoint: "https://0123.r2.cloudflarestorage.com", PutUploads: true,
		}},
		"s3://b-1?endpoint=https://[::1]:9000": {S3: &blob.S3Config{Bucket: "b-1", Endpoint: "https://[::1]:9000"}},
	} {
		got, err := blob.ParseURL(raw)
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%s: %v\n%s", raw, err, diff)
		}
	}
	for raw, says := range map[string]string{
		"":                                     "must be file:PATH",
		"file:":                                "must be file:PATH",
		"/var/blobs":                           "must be file:PATH",
		"http://x":                             "must be file:PATH",
		"gs://bucket":                          "must be file:PATH",
		"s3:bucket":                            "must be file:PATH",
		"s3://bucket#x":                        "must be file:PATH",
		"s3://bucket/%zz":                      "must be file:PATH",
		"s3://":                                "not the name of a bucket",
		"s3://Bucket":                          `"Bucket" is not the name of a bucket`,
		"s3://b":                               "not the name of a bucket",
		"s3://a..b":                            "not the name of a bucket",
		"s3://b_1":                             "not the name of a bucket",
		"s3://bucket/prefix":                   `has a path, "/prefix"`,
		"s3://user:hunter2@bucket":             "must not hold credentials",
		"s3://bucket?region=":                  "region needs one value",
		"s3://bucket?region=a&region=b":        "region needs one value",
		"s3://bucket?region=eu central":        "not the name of a region",
		"s3://bucket?regoin=x":                 `no parameter "regoin"; region, endpoint`,
		"s3://bucket?%zz":                      "malformed parameters",
		"s3://bucket?path_style=maybe":         "path_style: must be true or false",
		"s3://bucket?upload=PUT":               "upload: must be post or put",
		"s3://bucket?endpoint=minio:9000":      "endpoint: must be https://HOST",
		"s3://bucket?endpoint=http://h/path":   "endpoint: must be https://HOST",
		"s3://bucket?endpoint=https://:9000":   "endpoint: must be https://HOST",
		"s3://bucket?endpoint=https://h:99999": "endpoint: must be https://HOST",
		"s3://bucket?endpoint=https://a:hunter2@h": "endpoint: must be https://HOST",
		"s3://bucket?endpoint=https://a:hunter2%":  "malformed parameters",
	} {
		_, err := blob.ParseURL(raw)
		if err == nil || !strings.Contains(err.Error(), says) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: %v, want %q", raw, err, says)
		}
	}
}
