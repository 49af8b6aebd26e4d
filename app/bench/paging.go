package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/task-tracker/task-tracker/app/internal/store"
)

const (
	deepTasks = 1_000_000
	deepPage  = 10_000
	deepLimit = 50
)

// pagingResult is what the first page of a long list costs, and a page deep in it.
type pagingResult struct {
	Tasks   int                `json:"tasks"`
	Page    int                `json:"page"`
	FirstMS map[string]float64 `json:"first_page_ms"`
	DeepMS  map[string]float64 `json:"deep_page_ms"`
	Ratio   map[string]float64 `json:"ratio"`
}

func (r *pagingResult) print(out io.Writer) {
	if r == nil {
		return
	}
	for sort := range r.Ratio {
		fmt.Fprintf(out, "%d tasks in one project, sorted by %s: page 1 takes %.2f ms, page %d %.2f ms: ratio %.2f\n",
			r.Tasks, sort, r.FirstMS[sort], r.Page, r.DeepMS[sort], r.Ratio[sort])
	}
}

// paging walks to the 10,000th page of a project of a million tasks, by cursor, and measures it against the first, in
// turn, one request at a time.
func (b *bench) paging(ctx context.Context, databaseURL string, db *store.DB, token string) error {
	projects, err := readIDs(ctx, db.SQL(), "SELECT id FROM projects")
	if err != nil {
		return err
	}
	service, err := b.service(ctx, databaseURL, nil)
	if err != nil {
		return err
	}
	defer service.stop()
	r := &pagingResult{Tasks: deepTasks, Page: deepPage, FirstMS: map[string]float64{}, DeepMS: map[string]float64{}, Ratio: map[string]float64{}}
	b.report.Paging = r
	for _, sort := range []string{"-created_at", "-updated_at", "priority"} {
		path := fmt.Sprintf("/v1/projects/%s/tasks?limit=%d&sort=%s", projects[0], deepLimit, sort)
		b.say("walking to page %d by %s", deepPage, sort)
		cursor, err := walk(ctx, service.addr, path, token)
		if err != nil {
			return err
		}
		first, deep := raw("GET", path, token, ""), raw("GET", path+"&cursor="+url.QueryEscape(cursor), token, "")
		if r.FirstMS[sort], r.DeepMS[sort], err = inTurn(ctx, service.addr, first, deep); err != nil {
			return err
		}
		r.Ratio[sort] = r.DeepMS[sort] / r.FirstMS[sort]
	}
	return nil
}

// walk follows next_cursor to the page before the deep one and returns the cursor that leads there.
func walk(ctx context.Context, addr, path, token string) (cursor string, err error) {
	for range deepPage - 1 {
		u := "http://" + addr + path
		if cursor != "" {
			u += "&cursor=" + url.QueryEscape(cursor)
		}
		if cursor, err = nextCursor(ctx, u, token); err != nil {
			return "", err
		}
	}
	return cursor, nil
}

func nextCursor(ctx context.Context, u, token string) (cursor string, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u, nil)
	if err != nil {
		return "", err
	}
	req.Header.Set("Authorization", "Bearer "+token)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, resp.Body.Close()) }()
	var page struct {
		Next string `json:"next_cursor"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&page); err != nil || page.Next == "" {
		return "", fmt.Errorf("%s answered %s without a next page: %w", u, resp.Status, err)
	}
	return page.Next, nil
}

// inTurn sends two requests a few hundred times, one after the other, and returns the median of each in milliseconds.
func inTurn(ctx context.Context, addr string, a, b []byte) (float64, float64, error) {
	times := [2][]float64{}
	one := func(i int, req []byte) error {
		return withConn(ctx, addr, func(send func([]byte) (time.Duration, error)) error {
			for range 20 {
				d, err := send(req)
				if err != nil {
					return err
				}
				times[i] = append(times[i], ms(d))
			}
			return nil
		})
	}
	for range 20 {
		if err := errors.Join(one(0, a), one(1, b)); err != nil {
			return 0, 0, err
		}
	}
	return median(times[0]), median(times[1]), nil
}

// withConn hands fn a function that sends a request on one connection and tells how long the answer took.
func withConn(ctx context.Context, addr string, fn func(send func([]byte) (time.Duration, error)) error) error {
	c, err := dial(ctx, addr)
	if err != nil {
		return err
	}
	in := bufio.NewReaderSize(c, 64<<10)
	err = fn(func(req []byte) (time.Duration, error) {
		start := time.Now()
		if _, err := c.Write(req); err != nil {
			return 0, err
		}
		status, body, err := readAnswer(in)
		if err == nil && status != http.StatusOK {
			err = fmt.Errorf("answer %d: %s", status, body)
		}
		return time.Since(start), err
	})
	return errors.Join(err, c.Close())
}
