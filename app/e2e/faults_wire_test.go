package e2e

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/url"
	"runtime"
	"sync"
	"testing"
	"time"
)

// wire is a TCP proxy before the database whose faults a test chooses. Its address stays the same while it is down.
type wire struct {
	t      testing.TB
	addr   string
	target string

	mu       sync.Mutex
	listener net.Listener
	links    map[*link]bool
	hole     bool // new and old connections swallow every byte
	mute     int  // so many of the COMMITs to come get no reply, nor does anything after them on their connection
	muted    chan struct{}
	pumps    sync.WaitGroup
}

// link is one connection of the service with its counterpart.
type link struct {
	client, server net.Conn
	mute           bool
}

// newWire listens on a free port; begin with up.
func newWire(t testing.TB, target string) *wire {
	t.Helper()
	w := &wire{t: t, target: target, links: map[*link]bool{}, muted: make(chan struct{}, 1000)}
	host := "127.0.0.1"
	if runtime.GOOS == "linux" { // has all of 127/8: nobody else takes the port of an address of our own
		host = fmt.Sprintf("127.%d.%d.%d", 1+rand.IntN(254), rand.IntN(256), 1+rand.IntN(254))
	}
	l := w.listen(host + ":0")
	w.addr = l.Addr().String()
	_ = l.Close() // elsewhere the port stays ours in all likelihood: the kernel hands out others first
	t.Cleanup(func() {
		w.down()
		w.pumps.Wait()
	})
	return w
}

// through returns the database's URL with the proxy's address in it, and the proxy, which is up.
func through(t testing.TB, databaseURL string) (string, *wire) {
	t.Helper()
	u, err := url.Parse(databaseURL)
	if err != nil {
		t.Fatal("the database's URL cannot be parsed")
	}
	w := newWire(t, u.Host)
	w.up()
	u.Host = w.addr
	return u.String(), w
}

func (w *wire) listen(addr string) net.Listener {
	w.t.Helper()
	var lc net.ListenConfig
	l, err := lc.Listen(context.Background(), "tcp", addr)
	if err != nil {
		w.t.Fatal(err)
	}
	return l
}

// up accepts connections.
func (w *wire) up() {
	w.t.Helper()
	l := w.listen(w.addr)
	w.mu.Lock()
	w.listener, w.hole, w.mute = l, false, 0
	w.mu.Unlock()
	w.pumps.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			w.pumps.Go(func() { w.serve(c) })
		}
	})
}

// down refuses connections and cuts those that are there.
func (w *wire) down() {
	w.mu.Lock()
	if w.listener != nil {
		_ = w.listener.Close()
		w.listener = nil
	}
	w.mu.Unlock()
	w.cut()
}

// cut ends all connections; new ones are accepted as before.
func (w *wire) cut() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for l := range w.links {
		_ = l.client.Close()
		_ = l.server.Close()
	}
	clear(w.links)
}

// swallow makes a black hole of all connections, old and new, until up or cut.
func (w *wire) swallow(on bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.hole = on
}

// muteCommits lets the next n COMMITs through and drops what the database says to them and to all that follows on those
// connections. Each is announced on muted.
func (w *wire) muteCommits(n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.mute = n
}

func (w *wire) serve(client net.Conn) {
	var d net.Dialer
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	server, err := d.DialContext(ctx, "tcp", w.target)
	if err != nil {
		_ = client.Close()
		return
	}
	l := &link{client: client, server: server}
	w.mu.Lock()
	if w.listener == nil { // went down meanwhile
		w.mu.Unlock()
		_, _ = client.Close(), server.Close()
		return
	}
	w.links[l] = true
	w.mu.Unlock()
	w.pumps.Go(func() { w.pump(l, client, server, true) })
	w.pump(l, server, client, false)
}

// commit is the packet that go-sql-driver ends a transaction with: length, sequence number, COM_QUERY, text.
var commit = []byte("\x07\x00\x00\x00\x03COMMIT")

func (w *wire) pump(l *link, from, to net.Conn, request bool) {
	defer func() { _, _ = from.Close(), to.Close() }()
	buffer := make([]byte, 32<<10)
	for {
		n, err := from.Read(buffer)
		if err != nil {
			return
		}
		w.mu.Lock()
		if request && w.mute > 0 && !l.mute && bytes.Contains(buffer[:n], commit) {
			w.mute--
			l.mute = true
			w.muted <- struct{}{}
		}
		drop := w.hole || l.mute && !request
		w.mu.Unlock()
		if drop {
			continue
		}
		if _, err := to.Write(buffer[:n]); err != nil {
			return
		}
	}
}

// TestWire shows that the proxy does what the tests believe.
func TestWire(t *testing.T) {
	t.Parallel()
	target := newWire(t, "") // only for its listener
	echo := target.listen("127.0.0.1:0")
	t.Cleanup(func() { _ = echo.Close() })
	go func() {
		for {
			c, err := echo.Accept()
			if err != nil {
				return
			}
			go func() { _, _ = io.Copy(c, c) }()
		}
	}()
	w := newWire(t, echo.Addr().String())
	var d net.Dialer
	if _, err := d.DialContext(t.Context(), "tcp", w.addr); err == nil {
		t.Fatal("a wire that is down accepts connections")
	}
	w.up()
	ask := func(c net.Conn, text string) string {
		t.Helper()
		if _, err := c.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
		_ = c.SetReadDeadline(time.Now().Add(300 * time.Millisecond))
		b := make([]byte, len(text))
		n, _ := io.ReadFull(c, b)
		return string(b[:n])
	}
	c, err := d.DialContext(t.Context(), "tcp", w.addr)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	if got := ask(c, "hello"); got != "hello" {
		t.Errorf("echo: %q", got)
	}
	w.muteCommits(1)
	if got := ask(c, "insert"); got != "insert" {
		t.Errorf("before the commit: %q", got)
	}
	if got := ask(c, string(commit)); got != "" {
		t.Errorf("a muted commit is answered: %q", got)
	}
	w.swallow(true)
	if got := ask(c, "hello"); got != "" {
		t.Errorf("a black hole answers %q", got)
	}
	w.cut()
	_ = c.SetReadDeadline(time.Now().Add(3 * time.Second))
	if _, err := c.Read(make([]byte, 1)); err == nil {
		t.Error("cut, and still there")
	}
}
