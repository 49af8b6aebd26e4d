package database

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

const (
	day  = 24 * 60 // minutes
	week = 7 * day
)

// window is a stretch of minutes since Monday 00:00 UTC; its end may lie in the next week.
type window struct{ start, end int }

// parseDaily reads hh24:mi-hh24:mi. The window is that of a Monday.
func parseDaily(text string) (window, error) {
	from, to, ok := strings.Cut(text, "-")
	start, errFrom := minutes(from)
	end, errTo := minutes(to)
	if !ok || errFrom != nil || errTo != nil {
		return window{}, errors.New("is no window hh:mm-hh:mm")
	}
	if end <= start {
		end += day
	}
	if end-start < 30 {
		return window{}, errors.New("is shorter than 30 minutes, AWS's limit")
	}
	return window{start, end}, nil
}

// parseWeekly reads ddd:hh24:mi-ddd:hh24:mi.
func parseWeekly(text string) (window, error) {
	from, to, ok := strings.Cut(text, "-")
	start, errFrom := minutesOfWeek(from)
	end, errTo := minutesOfWeek(to)
	if !ok || errFrom != nil || errTo != nil {
		return window{}, errors.New("is no window ddd:hh:mm-ddd:hh:mm")
	}
	if end <= start {
		end += week
	}
	if length := end - start; length < 30 || length > day {
		return window{}, errors.New("is not within 30 minutes and 24 hours, AWS's limits")
	}
	return window{start, end}, nil
}

// overlap reports whether a window of every day and one of the week share a minute.
func overlap(daily, weekly window) bool {
	for d := -1; d <= 8; d++ { // the day before and the next week, for windows that cross midnight
		start, end := daily.start+d*day, daily.end+d*day
		if start < weekly.end && weekly.start < end {
			return true
		}
	}
	return false
}

func minutes(text string) (int, error) {
	at, err := time.Parse("15:04", text)
	if err != nil || len(text) != len("15:04") {
		return 0, fmt.Errorf("%q is no time", text)
	}
	return at.Hour()*60 + at.Minute(), nil
}

func minutesOfWeek(text string) (int, error) {
	name, clock, _ := strings.Cut(text, ":")
	at := slices.Index([]string{"mon", "tue", "wed", "thu", "fri", "sat", "sun"}, strings.ToLower(name))
	if at < 0 {
		return 0, fmt.Errorf("%q is no day", name)
	}
	m, err := minutes(clock)
	return at*day + m, err
}

func index(i int) string { return fmt.Sprintf("[%d]", i) }
