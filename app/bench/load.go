package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"
)

// A load generator with as little work per request as can be, so that the servers have the machine: each client writes
// prepared bytes on one kept-alive connection and reads the answer's status and length.

// request makes the next request of a client: the whole of it, as bytes.
type request func(client, n int) []byte

// outcome is what a round of load saw.
type outcome struct {
	Requests int
	Errors   int           // answers other than 2xx
	Elapsed  time.Duration // of the round
	Latency  []time.Duration
	FirstBad string
}

func (o outcome) perSecond() float64 { return float64(o.Requests-o.Errors) / o.Elapsed.Seconds() }

func (o outcome) quantile(q float64) time.Duration {
	if len(o.Latency) == 0 {
		return 0
	}
	return o.Latency[min(int(q*float64(len(o.Latency))), len(o.Latency)-1)]
}

// load runs clients against addr for d. It ends early when ctx does.
func load(ctx context.Context, addr string, clients int, d time.Duration, next request) (outcome, error) {
	ctx, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	results := make([]outcome, clients)
	errs := make([]error, clients)
	start := time.Now()
	var wg sync.WaitGroup
	for i := range clients {
		wg.Go(func() { errs[i] = client(ctx, addr, i, next, &results[i]) })
	}
	wg.Wait()
	all := outcome{Elapsed: time.Since(start)}
	for _, r := range results {
		all.Requests += r.Requests
		all.Errors += r.Errors
		all.Latency = append(all.Latency, r.Latency...)
		if all.FirstBad == "" {
			all.FirstBad = r.FirstBad
		}
	}
	slices.Sort(all.Latency)
	return all, errors.Join(errs...)
}

func client(ctx context.Context, addr string, id int, next request, out *outcome) (err error) {
	c, err := dial(ctx, addr)
	if err != nil {
		return fmt.Errorf("client %d: %w", id, err)
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	in := bufio.NewReaderSize(c, 64<<10)
	for n := 0; ctx.Err() == nil; n++ {
		start := time.Now()
		if err := c.SetDeadline(start.Add(30 * time.Second)); err != nil {
			return err
		}
		if _, err := c.Write(next(id, n)); err != nil {
			return fmt.Errorf("client %d: %w", id, err)
		}
		status, body, err := readAnswer(in)
		if err != nil {
			return fmt.Errorf("client %d: %w", id, err)
		}
		out.Requests++
		out.Latency = append(out.Latency, time.Since(start))
		if status/100 != 2 {
			out.Errors++
			if out.FirstBad == "" {
				out.FirstBad = strconv.Itoa(status) + " " + string(body)
			}
		}
	}
	return nil
}

var contentLength = []byte("Content-Length: ")

// readAnswer reads one HTTP/1.1 answer that has a Content-Length. The body is returned for failures only.
func readAnswer(in *bufio.Reader) (status int, body []byte, err error) {
	line, err := in.ReadSlice('\n')
	if err != nil || len(line) < 12 {
		return 0, nil, errors.Join(err, errors.New("no status line"))
	}
	if status, err = strconv.Atoi(string(line[9:12])); err != nil {
		return 0, nil, err
	}
	length := -1
	for {
		if line, err = in.ReadSlice('\n'); err != nil {
			return status, nil, err
		}
		if len(line) <= 2 {
			break
		}
		if bytes.HasPrefix(line, contentLength) {
			if length, err = strconv.Atoi(string(bytes.TrimSpace(line[len(contentLength):]))); err != nil {
				return status, nil, err
			}
		}
	}
	switch {
	case length < 0 && status != http.StatusNoContent && status != http.StatusNotModified:
		return status, nil, errors.New("answer without Content-Length")
	case status/100 == 2:
		_, err = in.Discard(max(length, 0))
		return status, nil, err
	}
	body = make([]byte, max(length, 0))
	_, err = io.ReadFull(in, body)
	return status, body, err
}

// raw writes a request as bytes.
func raw(method, path, token, body string) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s %s HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer %s\r\n", method, path, token)
	if body != "" {
		fmt.Fprintf(&b, "Content-Type: application/json\r\nContent-Length: %d\r\n", len(body))
	}
	b.WriteString("\r\n")
	b.WriteString(body)
	return b.Bytes()
}

func dial(ctx context.Context, addr string) (net.Conn, error) {
	var d net.Dialer
	return d.DialContext(ctx, "tcp", addr)
}
