package main

import (
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"
)

// progress tells on stderr how far a long command is: as a bar on a terminal, else as a line every few seconds.
type progress struct {
	mu    sync.Mutex
	out   io.Writer
	bar   *progressbar.ProgressBar // nil where nobody watches
	what  string
	unit  string
	total int64 // -1 where it is not known
	done  int64
	last  time.Time
}

// between two lines where there is no terminal.
const progressEvery = 5 * time.Second

// newProgress begins to tell of total units; -1 for an unknown total. The unit "bytes" is shown as KiB, MiB, ….
func (e *env) newProgress(what, unit string, total int64) *progress {
	p := &progress{out: e.stderr, what: what, unit: unit, total: total, last: time.Now()}
	if isTerminal(e.stderr) {
		options := []progressbar.Option{
			progressbar.OptionSetWriter(e.stderr), progressbar.OptionSetDescription(what), progressbar.OptionSetWidth(30),
			progressbar.OptionShowCount(), progressbar.OptionSetPredictTime(true), progressbar.OptionThrottle(200 * time.Millisecond),
			progressbar.OptionClearOnFinish(), progressbar.OptionSetItsString(unit), progressbar.OptionShowIts(),
		}
		if unit == "bytes" {
			options = append(options, progressbar.OptionShowBytes(true))
		}
		p.bar = progressbar.NewOptions64(total, options...)
	}
	return p
}

// set says how much is done in all.
func (p *progress) set(done int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.done = done
	if p.bar != nil {
		_ = p.bar.Set64(done) // a terminal that cannot be written to is no reason to stop
		return
	}
	if now := time.Now(); now.Sub(p.last) >= progressEvery {
		p.last = now
		if p.total > 0 {
			_, _ = fmt.Fprintf(p.out, "%s: %d of %d %s (%d %%)\n", p.what, done, p.total, p.unit, done*100/p.total)
		} else {
			_, _ = fmt.Fprintf(p.out, "%s: %d %s\n", p.what, done, p.unit)
		}
	}
}

// finish takes the bar away.
func (p *progress) finish() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.bar != nil {
		_ = p.bar.Finish()
	}
}

// counter passes bytes on and tells a progress of them.
type counter struct {
	r io.Reader
	w io.Writer
	p *progress
	n int64
}

// Read implements io.Reader.
func (c *counter) Read(b []byte) (int, error) {
	n, err := c.r.Read(b)
	c.add(n)
	return n, err
}

// Write implements io.Writer.
func (c *counter) Write(b []byte) (int, error) {
	n, err := c.w.Write(b)
	c.add(n)
	return n, err
}

func (c *counter) add(n int) {
	c.n += int64(n)
	c.p.set(c.n)
}
