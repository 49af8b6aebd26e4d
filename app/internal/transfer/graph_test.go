package transfer

import (
	"math/rand/v2"
	"testing"

	"github.com/google/uuid"
)

func TestCycle(t *testing.T) {
	t.Parallel()
	id := func(n int) uuid.UUID { return uuid.UUID{15: byte(n), 14: byte(n >> 8)} }
	edges := func(pairs ...[2]int) (out []Edge) {
		for i, p := range pairs {
			out = append(out, Edge{id(p[0]), id(p[1]), int64(i + 1)})
		}
		return out
	}
	for name, c := range map[string]struct {
		edges []Edge
		want  bool
	}{
		"none":    {nil, false},
		"self":    {edges([2]int{1, 1}), true},
		"diamond": {edges([2]int{1, 2}, [2]int{1, 3}, [2]int{2, 4}, [2]int{3, 4}), false},
		"back":    {edges([2]int{1, 2}, [2]int{2, 3}, [2]int{3, 1}), true},
		"apart":   {edges([2]int{9, 8}, [2]int{1, 2}, [2]int{2, 1}), true},
	} {
		line, got := cycle(c.edges)
		if got != c.want || got && (line < 1 || line > int64(len(c.edges))) {
			t.Errorf("%s: got %v at line %d, want %v", name, got, line, c.want)
		}
	}
	// Edges that only lead upwards have no cycle; one that leads from the last to the first closes one.
	var up []Edge
	for i := range 999 {
		up = append(up, Edge{id(i), id(i + 1), int64(i)})
		up = append(up, Edge{id(i), id(i + 1 + rand.N(999-i)), int64(i)})
	}
	rand.Shuffle(len(up), func(i, j int) { up[i], up[j] = up[j], up[i] })
	if _, got := cycle(up); got {
		t.Error("found a cycle where there is none")
	}
	if _, got := cycle(append(up, Edge{id(999), id(0), 1})); !got {
		t.Error("missed a cycle")
	}
}
