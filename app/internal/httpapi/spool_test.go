package httpapi

import (
	"bytes"
	"errors"
	"os"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/task-tracker/task-tracker/app/internal/apperr"
)

func TestSpoolTellsAFullDiskFromABrokenBody(t *testing.T) {
	t.Parallel()
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = full.Close() })
	if err := spool(full, strings.NewReader("a line\n")); !apperr.Is(err, apperr.StorageFull) {
		t.Errorf("a full disk: %v", err)
	}
	broken := errors.New("broken")
	if err := spool(new(bytes.Buffer), iotest.ErrReader(broken)); !errors.Is(err, broken) || apperr.Is(err, apperr.StorageFull) {
		t.Errorf("a broken body: %v", err)
	}
}
