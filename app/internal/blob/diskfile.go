package blob

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"syscall"
)

// header precedes a blob's bytes in its file, in the same file so that one link shows
// both. On disk it is one line of exactly headerSize bytes, padded with blanks:
//
//	tasktracker-blob/1 {"size":5,"content_type":"dGV4dC9wbGFpbg==","sha256":"2cf2…"}
type header Info

const (
	headerMagic = "tasktracker-blob/1 "
	headerSize  = 512 // the longest is 490: validateType allows a type 255 bytes, 340 in base64
)

type headerJSON struct {
	Size        int64  `json:"size"`
	ContentType []byte `json:"content_type"` // base64, so that its length is known
	SHA256      string `json:"sha256"`
}

func (h header) encode() []byte {
	line, err := json.Marshal(headerJSON{h.Size, []byte(h.ContentType), hex.EncodeToString(h.SHA256[:])})
	if err != nil {
		panic(err) // strings and integers always encode
	}
	line = append([]byte(headerMagic), line...)
	for len(line) < headerSize-1 {
		line = append(line, ' ')
	}
	return append(line, '\n')
}

// readHeader leaves f at the first byte of the blob. A file that is not whole, or not
// one of ours, is ErrChecksum: the bytes that were stored are not there.
func readHeader(f *os.File) (header, error) {
	buf := make([]byte, headerSize)
	if _, err := io.ReadFull(f, buf); err != nil {
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return header{}, fmt.Errorf("%w: truncated file", ErrChecksum)
		}
		return header{}, diskError("read", err)
	}
	var j headerJSON
	if string(buf[:len(headerMagic)]) != headerMagic || json.Unmarshal(buf[len(headerMagic):], &j) != nil {
		return header{}, fmt.Errorf("%w: damaged header", ErrChecksum)
	}
	h := header{Size: j.Size, ContentType: string(j.ContentType)}
	sum, err := hex.DecodeString(j.SHA256)
	if err != nil || copy(h.SHA256[:], sum) != sha256.Size {
		return header{}, fmt.Errorf("%w: damaged header", ErrChecksum)
	}
	info, err := f.Stat()
	if err != nil {
		return header{}, diskError("stat", err)
	}
	if info.Size() != headerSize+h.Size {
		return header{}, fmt.Errorf("%w: file of the wrong length", ErrChecksum)
	}
	return h, nil
}

// tempFile is a file nobody sees yet. Its lock lives as long as its process keeps it
// open, which tells a sweep whether anybody still writes to it.
type tempFile struct {
	root *os.Root
	name string
	file *os.File
}

func (d *Disk) newTemp() (*tempFile, error) {
	for range 8 {
		name := tempFolder + "/" + rand.Text()
		f, err := d.root.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
		if err != nil {
			return nil, diskError("create", err)
		}
		t := &tempFile{root: d.root, name: name, file: f}
		if err := lock(f); err == nil && t.linked() {
			return t, nil
		}
		// A sweep in another process came between creation and lock.
		t.discard()
	}
	return nil, errors.New("blob: disk: no temporary file could be locked")
}

func (t *tempFile) linked() bool {
	mine, err1 := t.file.Stat()
	named, err2 := t.root.Lstat(t.name)
	return err1 == nil && err2 == nil && os.SameFile(mine, named)
}

// discard drops the temporary name. What it can't remove, the next sweep will.
func (t *tempFile) discard() {
	_ = t.root.Remove(t.name)
	_ = t.file.Close()
}

// sweep removes temporary files whose writers are gone.
func (d *Disk) sweep() error {
	folder, err := d.root.Open(tempFolder)
	if err != nil {
		return diskError("open folder", err)
	}
	names, err := folder.Readdirnames(-1)
	if err = errors.Join(err, folder.Close()); err != nil {
		return diskError("list folder", err)
	}
	for _, name := range names {
		f, err := d.root.Open(tempFolder + "/" + name)
		if err != nil {
			continue // gone already, or not ours
		}
		if lock(f) == nil {
			err = d.root.Remove(tempFolder + "/" + name)
		}
		if err = errors.Join(err, f.Close()); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return diskError("remove", err)
		}
	}
	return nil
}

// diskError names the operation, and gives the condition that callers tell apart its
// typed error. The path stays in the text, for the log alone. nil stays nil.
func diskError(op string, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return fmt.Errorf("%w: disk: %s: %w", ErrNoSpace, op, err)
	}
	return fmt.Errorf("blob: disk: %s: %w", op, err)
}
