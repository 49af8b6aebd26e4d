package telemetry

import (
	"io/fs"
	"math"
	"path"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
)

// Limits is the share of the machine that the container may take; 0: no limit was found.
type Limits struct {
	Memory int64   // bytes
	CPU    float64 // CPUs
}

// FitContainer makes the runtime fit the container: GOMEMLIMIT at 80 % of its memory, GOMAXPROCS at its CPUs, rounded
// up. A variable that is set wins. It returns what it found.
//
// Go does the latter itself, but only by the process's own cgroup, where container platforms often set the parent's,
// and never below 2, where a quarter of a CPU is served best by one thread.
func FitContainer(root fs.FS, getenv func(string) string) Limits {
	found := readLimits(root)
	if found.Memory > 0 && getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(found.Memory / 10 * 8)
	}
	if found.CPU > 0 && getenv("GOMAXPROCS") == "" {
		if n := max(1, int(math.Ceil(found.CPU))); n < runtime.GOMAXPROCS(0) {
			runtime.GOMAXPROCS(n)
		}
	}
	return found
}

// readLimits finds the tightest limits from the process's cgroup up to the root, in version 2 and version 1 of the
// interface (https://docs.kernel.org/admin-guide/cgroup-v2.html, …/cgroup-v1/memory.html).
func readLimits(root fs.FS) Limits {
	var l Limits
	b, err := fs.ReadFile(root, "proc/self/cgroup")
	if err != nil {
		return l
	}
	for line := range strings.Lines(string(b)) {
		parts := strings.SplitN(strings.TrimSpace(line), ":", 3)
		if len(parts) != 3 {
			continue
		}
		controllers := strings.Split(parts[1], ",")
		for dir := path.Clean("/" + parts[2]); ; dir = path.Dir(dir) {
			for _, c := range controllers {
				switch c {
				case "":
					l.add(readInt(root, "sys/fs/cgroup"+dir+"/memory.max"), quotaV2(root, "sys/fs/cgroup"+dir+"/cpu.max"))
				case "memory":
					l.add(readInt(root, "sys/fs/cgroup/memory"+dir+"/memory.limit_in_bytes"), 0)
				case "cpu":
					l.add(0, quotaV1(root, "sys/fs/cgroup/cpu"+dir))
				}
			}
			if dir == "/" {
				break
			}
		}
	}
	return l
}

// noLimit is how version 1 writes that there is none: a number near 2⁶³.
const noLimit = 1 << 60

func (l *Limits) add(memory int64, cpu float64) {
	if memory > 0 && memory < noLimit && (l.Memory == 0 || memory < l.Memory) {
		l.Memory = memory
	}
	if cpu > 0 && (l.CPU == 0 || cpu < l.CPU) {
		l.CPU = cpu
	}
}

// readInt is the number in a file, 0 where there is none.
func readInt(root fs.FS, name string) int64 {
	b, err := fs.ReadFile(root, path.Clean(name))
	if err != nil {
		return 0
	}
	n, err := strconv.ParseInt(strings.TrimSpace(string(b)), 10, 64)
	if err != nil { // "max"
		return 0
	}
	return n
}

func quotaV2(root fs.FS, name string) float64 {
	b, err := fs.ReadFile(root, path.Clean(name))
	if err != nil {
		return 0
	}
	quota, period, _ := strings.Cut(strings.TrimSpace(string(b)), " ")
	q, err1 := strconv.ParseFloat(quota, 64)
	p, err2 := strconv.ParseFloat(period, 64)
	if err1 != nil || err2 != nil || p <= 0 {
		return 0
	}
	return q / p
}

func quotaV1(root fs.FS, dir string) float64 {
	quota, period := readInt(root, dir+"/cpu.cfs_quota_us"), readInt(root, dir+"/cpu.cfs_period_us")
	if quota <= 0 || period <= 0 {
		return 0
	}
	return float64(quota) / float64(period)
}
