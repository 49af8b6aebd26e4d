package image

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// Source is everything that decides what an image holds.
type Source struct {
	Context    string // folder
	Dockerfile string // relative to the folder
	Platform   string // linux/amd64
	BuildArgs  map[string]string
}

// Tag returns a tag that stands for the source: 16 hexadecimal digits of a hash over the names, contents and execute bits of the
// files that the builder gets, the Dockerfile, the build arguments and the platform. Neither times nor owners nor the order
// of a directory's entries count, so that two checkouts of one revision agree.
func Tag(s Source) (string, error) {
	dockerfile := filepath.Join(s.Context, s.Dockerfile)
	recipe, err := fileHash(dockerfile)
	if err != nil {
		return "", fmt.Errorf("image: %s can't be read: %w; set image.ref to a ready image, or run the program from the repository", dockerfile, cause(err))
	}
	ignored, err := readIgnore(s.Context, s.Dockerfile)
	if err != nil {
		return "", err
	}
	lines, err := contextLines(s.Context, ignored)
	if err != nil {
		return "", err
	}
	if len(lines) == 0 {
		return "", fmt.Errorf("image: .dockerignore leaves nothing of %s to build from; let the sources in", s.Context)
	}
	lines = append(lines, line("dockerfile", recipe), line("platform", s.Platform))
	for k, v := range s.BuildArgs {
		lines = append(lines, line("arg", k, v))
	}
	slices.Sort(lines)
	sum := sha256.Sum256([]byte(strings.Join(lines, "")))
	return hex.EncodeToString(sum[:])[:16], nil
}

// contextLines returns a line for each file and link of the context that is not ignored.
func contextLines(root string, ignored ignoreRules) ([]string, error) {
	var lines []string
	err := filepath.WalkDir(root, func(at string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, at)
		if err != nil || rel == "." {
			return err
		}
		rel = filepath.ToSlash(rel)
		if entry.IsDir() {
			if ignored.matches(rel) && !ignored.mayReadmitBelow(rel) {
				return fs.SkipDir
			}
			return nil
		}
		if ignored.matches(rel) {
			return nil
		}
		one, err := entryLine(at, rel, entry)
		if one != "" {
			lines = append(lines, one)
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("image: the build context %s can't be read: %w; make it readable, or name it in .dockerignore", root, err)
	}
	return lines, nil
}

// entryLine returns what counts of a file or link; "" for sockets and the like, which no builder gets.
func entryLine(at, rel string, entry fs.DirEntry) (string, error) {
	switch {
	case entry.Type()&fs.ModeSymlink != 0:
		target, err := os.Readlink(at)
		return line("link", rel, filepath.ToSlash(target)), err
	case !entry.Type().IsRegular():
		return "", nil
	}
	info, err := entry.Info()
	if err != nil {
		return "", err
	}
	kind := "file"
	if info.Mode()&0o111 != 0 {
		kind = "executable"
	}
	sum, err := fileHash(at)
	return line(kind, rel, sum), err
}

// line joins fields unambiguously, whatever they hold.
func line(fields ...string) string { return fmt.Sprintf("%q\n", fields) }

func fileHash(at string) (string, error) {
	file, err := os.Open(at) //nolint:gosec // G304: the build context is the caller's own
	if err != nil {
		return "", err
	}
	defer file.Close() //nolint:errcheck // opened for reading
	sum := sha256.New()
	if _, err := io.Copy(sum, file); err != nil {
		return "", err
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}

// cause leaves out what the message says already: the operation and the path.
func cause(err error) error {
	var at *fs.PathError
	if errors.As(err, &at) {
		return at.Err
	}
	return err
}

// readIgnore reads the ignore file as BuildKit does: the Dockerfile's own, NAME.dockerignore, goes before the context's.
func readIgnore(context, dockerfile string) (ignoreRules, error) {
	for _, name := range []string{dockerfile + ".dockerignore", ".dockerignore"} {
		at := filepath.Join(context, name)
		text, err := os.ReadFile(at) //nolint:gosec // G304: the build context is the caller's own
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("image: %s can't be read: %w; make it readable, since it decides what is built", path.Clean(at), cause(err))
		}
		rules, err := parseIgnore(string(text))
		if err != nil {
			return nil, fmt.Errorf("image: %s: %w", path.Clean(at), err)
		}
		return rules, nil
	}
	return nil, nil
}
