package blob

import (
	"context"
	"encoding/base64"
	"fmt"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// leastLink is how long a link must be good for to be worth giving out.
const leastLink = 10 * time.Second

// presign prepares a signature that ends with wanted, or with the credentials that it is made with: a store refuses
// it from then on, so nothing may claim more.
func (s *S3) presign(ctx context.Context, now, wanted time.Time) (*s3.PresignClient, time.Time, error) {
	client, err := s.connect(ctx)
	if err != nil {
		return nil, time.Time{}, err
	}
	creds, err := s.credentials.until(ctx, now, wanted)
	if err != nil {
		return nil, time.Time{}, s3Error("credentials", err)
	}
	if creds.CanExpire && creds.Expires.Before(wanted) {
		wanted = creds.Expires
		if left := wanted.Sub(now); left < leastLink {
			return nil, time.Time{}, fmt.Errorf("%w: in %s, and their source has no newer ones", ErrCredentials, left.Round(time.Second))
		}
	}
	// Those that were looked at sign, not those that the client finds a moment later.
	same := aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) { return creds, nil })
	return s3.NewPresignClient(client, s3.WithPresignClientFromClientOptions(func(o *s3.Options) { o.Credentials = same })), wanted, nil
}

// SignUpload returns an upload that admits one object: a form whose policy, or a PUT whose signature, covers key, type,
// size and SHA-256, so that the store itself refuses everything else.
func (s *S3) SignUpload(ctx context.Context, req UploadRequest) (Upload, error) {
	now := s.opts.now()
	if err := req.validate(now); err != nil {
		return Upload{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, shortCall) // credentials may have to be fetched
	defer cancel()
	client, expires, err := s.presign(ctx, now, req.Expires)
	if err != nil {
		return Upload{}, err
	}
	sign := s.signPost
	if s.cfg.PutUploads {
		sign = s.signPut
	}
	up, err := sign(ctx, client, req, expires.Sub(s.opts.now())) // now, since credentials may have taken a while
	if err != nil {
		return Upload{}, s3Error("sign upload", err)
	}
	up.Expires = expires.Truncate(time.Second)
	return up, nil
}

func (s *S3) signPost(ctx context.Context, client *s3.PresignClient, req UploadRequest, valid time.Duration) (Upload, error) {
	fixed := map[string]string{
		"Content-Type":             req.ContentType,
		"x-amz-checksum-algorithm": string(types.ChecksumAlgorithmSha256),
		"x-amz-checksum-sha256":    base64.StdEncoding.EncodeToString(req.SHA256[:]),
	}
	conditions := []any{[]any{"content-length-range", req.Size, req.Size}}
	for name, value := range fixed {
		conditions = append(conditions, []any{"eq", "$" + name, value})
	}
	post, err := client.PresignPostObject(ctx, &s3.PutObjectInput{Bucket: &s.cfg.Bucket, Key: &req.Key},
		func(o *s3.PresignPostOptions) { o.Expires, o.Conditions = valid, conditions })
	if err != nil {
		return Upload{}, err
	}
	for name, value := range fixed {
		post.Values[name] = value
	}
	return Upload{Method: http.MethodPost, URL: post.URL, Fields: post.Values, Headers: map[string]string{}}, nil
}

// signPut signs no If-None-Match: the checksum admits no other bytes than those that may be there already, and a client
// that missed the reply must be able to send them again.
func (s *S3) signPut(ctx context.Context, client *s3.PresignClient, req UploadRequest, valid time.Duration) (Upload, error) {
	put, err := client.PresignPutObject(ctx, &s3.PutObjectInput{
		Bucket: &s.cfg.Bucket, Key: &req.Key, ContentType: &req.ContentType, ContentLength: &req.Size,
		ChecksumSHA256: aws.String(base64.StdEncoding.EncodeToString(req.SHA256[:])),
	}, s3.WithPresignExpires(max(valid, time.Second)))
	if err != nil {
		return Upload{}, err
	}
	signed := put.SignedHeader.Clone()
	for _, name := range []string{"Content-Type", "Content-Length", "X-Amz-Checksum-Sha256"} {
		if len(signed.Values(name)) != 1 {
			return Upload{}, fmt.Errorf("the signature of the PUT does not cover %s", name)
		}
	}
	// HTTP clients set these two by themselves, and browsers let nobody else.
	signed.Del("Host")
	signed.Del("Content-Length")
	headers := make(map[string]string, len(signed))
	for name := range signed {
		headers[name] = signed.Get(name)
	}
	return Upload{Method: http.MethodPut, URL: put.URL, Headers: headers, Fields: map[string]string{}}, nil
}

// SignDownload returns a presigned GET that overrides what S3 would say about the bytes.
func (s *S3) SignDownload(ctx context.Context, req DownloadRequest) (Download, error) {
	now := s.opts.now()
	if err := req.validate(now); err != nil {
		return Download{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, shortCall)
	defer cancel()
	client, expires, err := s.presign(ctx, now, req.Expires)
	if err != nil {
		return Download{}, err
	}
	get, err := client.PresignGetObject(ctx, &s3.GetObjectInput{
		Bucket: &s.cfg.Bucket, Key: &req.Key,
		ResponseContentType:        &req.ContentType,
		ResponseContentDisposition: aws.String(disposition(req.Filename)),
		ResponseCacheControl:       aws.String("private, no-transform"),
	}, s3.WithPresignExpires(max(expires.Sub(s.opts.now()), time.Second)))
	if err != nil {
		return Download{}, s3Error("sign download", err)
	}
	return Download{URL: get.URL, Expires: expires.Truncate(time.Second)}, nil
}
