package transfer

import "github.com/google/uuid"

// cycle looks for a way along the edges that leads back to where it began, and returns the line of an edge on it.
func cycle(edges []Edge) (line int64, found bool) {
	// Each node's edges stand together in next: those of node n at first[n] to first[n+1].
	index := make(map[uuid.UUID]int32, len(edges))
	node := func(id uuid.UUID) int32 {
		n, ok := index[id]
		if !ok {
			n = int32(len(index)) //nolint:gosec // a file of two thousand million edges would not fit anyway
			index[id] = n
		}
		return n
	}
	for _, e := range edges {
		node(e.From)
		node(e.To)
	}
	first := make([]int32, len(index)+2)
	for _, e := range edges {
		first[index[e.From]+2]++
	}
	for i := 2; i < len(first); i++ {
		first[i] += first[i-1]
	}
	next := make([]int32, len(edges)) // edges by number
	for i, e := range edges {
		n := index[e.From] + 1
		next[first[n]] = int32(i)
		first[n]++
	}
	const fresh, open, closed = 0, 1, 2
	state := make([]byte, len(index))
	at := append([]int32(nil), first[:len(index)]...) // the next edge to follow, by node
	var path []int32
	for start := range int32(len(index)) { //nolint:gosec // as above
		if state[start] != fresh {
			continue
		}
		path = append(path[:0], start)
		state[start] = open
		for len(path) > 0 {
			n := path[len(path)-1]
			if at[n] == first[n+1] {
				state[n] = closed
				path = path[:len(path)-1]
				continue
			}
			e := edges[next[at[n]]]
			at[n]++
			switch to := index[e.To]; state[to] {
			case open:
				return e.Line, true
			case fresh:
				state[to] = open
				path = append(path, to)
			}
		}
	}
	return 0, false
}
