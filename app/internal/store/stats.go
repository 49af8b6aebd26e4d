package store

import (
	"context"
	"encoding/binary"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/task-tracker/task-tracker/app/internal/project"
	"github.com/task-tracker/task-tracker/app/internal/task"
)

// Every count is read from an index alone: by status, by id (whose first 48 bits are the time of creation), and by time
// of completion.
const (
	countByStatusSQL = `SELECT s.id, s.name, s.category, (SELECT COUNT(*) FROM tasks t WHERE t.status_id = s.id)
FROM statuses s WHERE s.project_id = ? ORDER BY s.position, s.id`
	countCreatedSQL   = `SELECT ? AS week, COUNT(*) FROM tasks WHERE project_id = ? AND id >= ? AND id < ?`
	countCompletedSQL = `SELECT (completed_at - ?) - (completed_at - ?) % 604800000000, COUNT(*)
FROM tasks WHERE project_id = ? AND completed_at >= ? GROUP BY 1`
)

// Stats implements [task.Reader].
func (s *Tasks) Stats(ctx context.Context, projectID uuid.UUID, from time.Time, weeks int) (task.Stats, error) {
	c := s.db.reader()
	var stats task.Stats
	var err error
	stats.ByStatus, err = collect(ctx, c, "stats.by_status", countByStatusSQL, func(row scanner) (v task.StatusCount, err error) {
		var category int
		if err = row.Scan(&v.Status.ID, &v.Status.Name, &category, &v.Count); err != nil {
			return v, err
		}
		v.Status.Category, err = project.CategoryOf(category)
		return v, err
	}, projectID[:])
	if err != nil {
		return stats, public(err)
	}
	args := make([]any, 0, 4*weeks)
	for i := range weeks {
		monday := from.AddDate(0, 0, 7*i)
		stats.Weeks = append(stats.Weeks, task.Week{Monday: monday})
		low, high := firstID(monday), firstID(monday.AddDate(0, 0, 7))
		args = append(args, i, projectID[:], low[:], high[:])
	}
	union := strings.TrimSuffix(strings.Repeat(countCreatedSQL+" UNION ALL ", weeks), " UNION ALL ")
	err = c.each(ctx, "stats.created", union, func(row scanner) error {
		var week int
		var n int64
		if err := row.Scan(&week, &n); err != nil {
			return err
		}
		stats.Weeks[week].Created = n
		return nil
	}, args...)
	if err != nil {
		return stats, public(err)
	}
	start := micros(from)
	err = c.each(ctx, "stats.completed", countCompletedSQL, func(row scanner) error {
		var offset, n int64
		if err := row.Scan(&offset, &n); err != nil {
			return err
		}
		if week := int(offset / (7 * 24 * time.Hour).Microseconds()); week < weeks {
			stats.Weeks[week].Completed = n
		}
		return nil
	}, start, start, projectID[:], start)
	return stats, public(err)
}

// firstID is the smallest UUIDv7 of a time.
func firstID(at time.Time) (id uuid.UUID) {
	binary.BigEndian.PutUint64(id[:8], uint64(at.UnixMilli())<<16)
	return id
}
