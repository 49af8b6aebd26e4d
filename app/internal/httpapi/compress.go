package httpapi

import (
	"bytes"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"github.com/klauspost/compress/gzip"
)

// compressFrom is the size from which a body is compressed: below it, nothing is gained that fits fewer packets.
const compressFrom = 1400

var packers = sync.Pool{New: func() any {
	w, err := gzip.NewWriterLevel(nil, gzip.BestSpeed)
	if err != nil {
		panic(err) // the level is a constant
	}
	return w
}}

// compress packs a body with gzip. The caller releases the buffer.
func compress(body []byte) (*bytes.Buffer, bool) {
	out := buffers.Get().(*bytes.Buffer)   //nolint:forcetypeassert // the pool holds nothing else
	packer := packers.Get().(*gzip.Writer) //nolint:forcetypeassert // the pool holds nothing else
	defer packers.Put(packer)
	packer.Reset(out)
	_, err := packer.Write(body)
	if err == nil {
		err = packer.Close()
	}
	if err != nil {
		release(out)
		return nil, false
	}
	return out, true
}

// acceptsGzip reads Accept-Encoding as RFC 9110, 12.5.3 has it, as far as gzip is concerned.
func acceptsGzip(r *http.Request) bool {
	accepted := false
	for _, value := range r.Header["Accept-Encoding"] {
		if value == "gzip" {
			return true
		}
		for coding := range strings.SplitSeq(value, ",") {
			name, params, _ := strings.Cut(coding, ";")
			name = strings.TrimSpace(name)
			switch {
			case strings.EqualFold(name, "gzip"):
				return quality(params) > 0
			case name == "*":
				accepted = quality(params) > 0
			}
		}
	}
	return accepted
}

// quality is the weight in the parameters of an Accept header's member: 1 where none is given or it cannot be read.
func quality(params string) float64 {
	for param := range strings.SplitSeq(params, ";") {
		name, value, _ := strings.Cut(param, "=")
		if strings.EqualFold(strings.TrimSpace(name), "q") {
			if q, err := strconv.ParseFloat(strings.TrimSpace(value), 64); err == nil {
				return q
			}
		}
	}
	return 1
}
