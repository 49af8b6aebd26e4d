//go:build !linux

package e2e

import (
	"errors"
	"testing"
)

func smallDisk(t *testing.T, _ string) string {
	t.Helper()
	needMount(t, errors.ErrUnsupported)
	return ""
}

func remount(*testing.T, string, bool) {}

func noSpace(error) bool { return false }
