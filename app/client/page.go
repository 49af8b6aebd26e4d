package client

import (
	"iter"
	"net/http"

	"github.com/google/uuid"
)

// page is what all lists answer.
type page[T any] struct {
	Items      []T     `json:"items"`
	NextCursor *string `json:"next_cursor"`
}

// pages iterates over all items of a list. fetch asks for one page; the cursor is nil for the first.
func pages[T any](opts []CallOption, fetch func(cursor *string, e edit) (*http.Response, error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var cursor *string
		for {
			p, err := do[page[T]](opts, func(e edit) (*http.Response, error) { return fetch(cursor, e) })
			if err != nil {
				var zero T
				yield(zero, err)
				return
			}
			for _, item := range p.Items {
				if !yield(item, nil) {
					return
				}
			}
			if p.NextCursor == nil {
				return
			}
			cursor = p.NextCursor
		}
	}
}

// Collect reads an iterator to its end, up to limit items (0: all), and stops at the first error.
func Collect[T any](seq iter.Seq2[T, error], limit int) ([]T, error) {
	var items []T
	for item, err := range seq {
		if err != nil {
			return items, err
		}
		items = append(items, item)
		if limit > 0 && len(items) == limit {
			break
		}
	}
	return items, nil
}

// keyed has the call made under an idempotency key of its own, unless the caller brings one.
func keyed(opts []CallOption) []CallOption {
	return append([]CallOption{IdempotencyKey(uuid.NewString())}, opts...)
}

// optional is nil for the zero value: that is how filters say that they don't filter.
func optional[T comparable](v T) *T {
	var zero T
	if v == zero {
		return nil
	}
	return &v
}

// several is optional for lists.
func several[T any](v []T) *[]T {
	if len(v) == 0 {
		return nil
	}
	return &v
}
