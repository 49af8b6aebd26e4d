package blob

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"
)

// S3Config names a bucket. Encryption comes from the bucket's own settings.
type S3Config struct {
	Bucket    string
	Region    string // the SDK's chain decides if empty
	Endpoint  string // of a compatible store, as https://HOST:PORT; AWS if empty
	PathStyle bool   // https://HOST/BUCKET/KEY instead of https://BUCKET.HOST/KEY
	// PutUploads signs uploads as PUT, for stores that don't know S3's form POST.
	PutUploads bool
	// Credentials are those of the SDK's usual chain if nil.
	Credentials aws.CredentialsProvider
}

// S3 keeps blobs in a bucket.
type S3 struct {
	cfg  S3Config
	opts Options

	mu          sync.Mutex
	client      *s3.Client
	credentials *renewable // the client's
}

var _ Store = (*S3)(nil)

const (
	shortCall    = 10 * time.Second // for a call without a body, its retries included
	dialTimeout  = 3 * time.Second
	replyTimeout = 15 * time.Second
	s3Attempts   = 3
)

// OpenS3 returns a store that contacts the bucket, and looks for credentials, on its
// first use.
func OpenS3(cfg S3Config, opts Options) (*S3, error) {
	if !validBucket(cfg.Bucket) {
		return nil, fmt.Errorf("blob: S3: %q is not the name of a bucket", cfg.Bucket)
	}
	return &S3{cfg: cfg, opts: opts}, nil
}

// connect makes the client once; a failure is not kept, so that a later call can succeed.
func (s *S3) connect(ctx context.Context) (*s3.Client, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.client != nil {
		return s.client, nil
	}
	httpClient := awshttp.NewBuildableClient().
		WithDialerOptions(func(d *net.Dialer) { d.Timeout = dialTimeout }).
		WithTransportOptions(func(t *http.Transport) {
			t.ResponseHeaderTimeout = replyTimeout
			t.MaxIdleConnsPerHost = 16
		})
	load := []func(*config.LoadOptions) error{config.WithHTTPClient(httpClient), config.WithRetryMaxAttempts(s3Attempts)}
	if s.cfg.Region != "" {
		load = append(load, config.WithRegion(s.cfg.Region))
	}
	if s.cfg.Credentials != nil {
		load = append(load, config.WithCredentialsProvider(s.cfg.Credentials))
	}
	cfg, err := config.LoadDefaultConfig(ctx, load...)
	if err != nil {
		return nil, fmt.Errorf("blob: S3: configuration: %w", err)
	}
	s.credentials = newRenewable(cfg.Credentials)
	cfg.Credentials = s.credentials
	s.client = s3.NewFromConfig(cfg, func(o *s3.Options) {
		if s.cfg.Endpoint != "" {
			o.BaseEndpoint = aws.String(s.cfg.Endpoint)
		}
		o.UsePathStyle = s.cfg.PathStyle
		// We bring SHA-256 ourselves. The SDK's own CRCs would sign headers into links
		// that plain clients don't send, and trouble older compatible stores.
		o.RequestChecksumCalculation = aws.RequestChecksumCalculationWhenRequired
		o.ResponseChecksumValidation = aws.ResponseChecksumValidationWhenRequired
	})
	return s.client, nil
}

// Check asks whether the bucket is there and may be listed.
func (s *S3) Check(ctx context.Context) error {
	client, err := s.connect(ctx)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, shortCall)
	defer cancel()
	_, err = client.HeadBucket(ctx, &s3.HeadBucketInput{Bucket: &s.cfg.Bucket})
	return s3Error("check bucket", err)
}

// Stat returns the checksum S3 verified on arrival, or reads the object where it has none.
func (s *S3) Stat(ctx context.Context, key string) (Info, error) {
	info, verified, err := s.head(ctx, key)
	if err != nil || verified {
		return info, err
	}
	body, err := s.get(ctx, key)
	if err != nil {
		return Info{}, err
	}
	hash := sha256.New()
	_, err = io.Copy(hash, body)
	if err = errors.Join(err, body.Close()); err != nil {
		return Info{}, s3Error("read", err)
	}
	hash.Sum(info.SHA256[:0])
	return info, nil
}

// head describes an object; verified says whether its SHA256 is known.
func (s *S3) head(ctx context.Context, key string) (info Info, verified bool, err error) {
	if err := ValidateKey(key); err != nil {
		return Info{}, false, err
	}
	client, err := s.connect(ctx)
	if err != nil {
		return Info{}, false, err
	}
	ctx, cancel := context.WithTimeout(ctx, shortCall)
	defer cancel()
	out, err := client.HeadObject(ctx, &s3.HeadObjectInput{
		Bucket: &s.cfg.Bucket, Key: &key, ChecksumMode: types.ChecksumModeEnabled,
	})
	if err != nil {
		return Info{}, false, s3Error("head", err)
	}
	info = Info{Size: aws.ToInt64(out.ContentLength), ContentType: aws.ToString(out.ContentType)}
	// The checksum of an object in parts covers the parts' checksums, not the bytes.
	if out.ChecksumType != types.ChecksumTypeComposite {
		sum, err := base64.StdEncoding.DecodeString(aws.ToString(out.ChecksumSHA256))
		if err == nil && len(sum) == sha256.Size {
			copy(info.SHA256[:], sum)
			return info, true, nil
		}
	}
	return info, false, nil
}

// Get streams an object, and checks it on the way where S3 knows its checksum.
func (s *S3) Get(ctx context.Context, key string) (io.ReadCloser, error) {
	info, verified, err := s.head(ctx, key)
	if err != nil {
		return nil, err
	}
	body, err := s.get(ctx, key)
	if err != nil || !verified {
		return body, err
	}
	return &verifiedBody{r: body, closer: body, left: info.Size, want: info.SHA256, hash: sha256.New()}, nil
}

func (s *S3) get(ctx context.Context, key string) (io.ReadCloser, error) {
	client, err := s.connect(ctx)
	if err != nil {
		return nil, err
	}
	out, err := client.GetObject(ctx, &s3.GetObjectInput{Bucket: &s.cfg.Bucket, Key: &key})
	if err != nil {
		return nil, s3Error("get", err)
	}
	return out.Body, nil
}

// Put uploads the bytes with their checksum, on condition that the key is free. They are
// held in memory or in a temporary file until then, so that a retry can send them again.
func (s *S3) Put(ctx context.Context, key, contentType string, size int64, r io.Reader) error {
	if err := ValidateKey(key); err != nil {
		return err
	}
	if err := validateType(contentType); err != nil {
		return err
	}
	client, err := s.connect(ctx)
	if err != nil {
		return err
	}
	body, sum, done, err := spool(&contextReader{ctx, r}, size, s.opts.TempDir)
	if err != nil {
		return err
	}
	defer done()
	want := Info{Size: size, ContentType: contentType, SHA256: sum}

	limited, cancel := context.WithTimeout(ctx, transferTime(size))
	defer cancel()
	_, err = client.PutObject(limited, &s3.PutObjectInput{
		Bucket: &s.cfg.Bucket, Key: &key, Body: body, ContentType: &contentType, ContentLength: &size,
		ChecksumAlgorithm: types.ChecksumAlgorithmSha256,
		ChecksumSHA256:    aws.String(base64.StdEncoding.EncodeToString(sum[:])),
		IfNoneMatch:       aws.String("*"),
	})
	if status := statusOf(err); status != http.StatusPreconditionFailed && status != http.StatusConflict {
		return s3Error("put", err)
	}
	switch got, err := s.Stat(ctx, key); {
	case err != nil:
		return err
	case got != want:
		return ErrExists
	}
	return nil
}

// Delete removes an object. In a bucket with versions it leaves a marker, and the bytes
// until the bucket's lifecycle rule ends them.
func (s *S3) Delete(ctx context.Context, key string) error {
	if err := ValidateKey(key); err != nil {
		return err
	}
	client, err := s.connect(ctx)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, shortCall)
	defer cancel()
	_, err = client.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: &s.cfg.Bucket, Key: &key})
	if err = s3Error("delete", err); errors.Is(err, ErrNotFound) {
		return nil
	}
	return err
}

// statusOf is the HTTP status of S3's reply, 0 when there was none.
func statusOf(err error) int {
	var reply *awshttp.ResponseError
	if errors.As(err, &reply) {
		return reply.HTTPStatusCode()
	}
	return 0
}

// s3Error names the operation, and gives the conditions that callers tell apart their
// typed errors. A missing bucket is a fault of the deployment, not a missing blob.
func s3Error(op string, err error) error {
	if err == nil {
		return nil
	}
	var api smithy.APIError
	if errors.As(err, &api) {
		switch code := api.ErrorCode(); {
		case op != "check bucket" && (code == "NoSuchKey" || code == "NotFound"):
			return ErrNotFound
		case statusOf(err) == http.StatusInsufficientStorage, strings.Contains(code, "StorageFull"), code == "QuotaExceeded":
			return fmt.Errorf("%w: S3: %s: %w", ErrNoSpace, op, err)
		}
	}
	return fmt.Errorf("blob: S3: %s: %w", op, err)
}
