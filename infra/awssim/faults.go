package awssim

import "fmt"

// Kind is how an injected fault shows.
type Kind string

// The kinds of faults. With Fail and Throttle nothing is done. With Timeout the object is created, and the provider gives
// up waiting for it: the engine keeps it as not initialised, and the next update takes it up again.
const (
	Fail     Kind = "fail"
	Throttle Kind = "throttle"
	Timeout  Kind = "timeout"
)

// Fault makes the Nth operation of a kind go wrong, counted from 1 since the fault was set. It strikes once.
type Fault struct {
	Type string // aws:rds/instance:Instance; "" is any type
	Op   Op     // "" is OpCreate
	Nth  int    // 0 is 1
	Kind Kind   // "" is Fail
}

// armed is a fault and what it has seen.
type armed struct {
	Fault
	seen int
}

// strike counts an operation, and returns the kind of fault that it meets, or "".
func (s *Server) strike(op Op, token string) Kind {
	met := Kind("")
	for _, f := range s.faults {
		if f.Op != op || f.Type != "" && f.Type != token {
			continue
		}
		f.seen++
		if f.seen == f.Nth {
			met = f.Kind
		}
	}
	return met
}

// SetFaults replaces the faults that are to strike, and starts their counts anew.
func (s *Server) SetFaults(faults ...Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = nil
	for _, f := range faults {
		if f.Op == "" {
			f.Op = OpCreate
		}
		if f.Kind == "" {
			f.Kind = Fail
		}
		s.faults = append(s.faults, &armed{Fault: Fault{f.Type, f.Op, max(1, f.Nth), f.Kind}})
	}
}

func (k Kind) err(op Op, token string) error {
	switch k {
	case Throttle:
		return fmt.Errorf("ThrottlingException: Rate exceeded: %s of %s", op, token)
	case Fail:
		return fmt.Errorf("InternalFailure: %s of %s failed: an injected fault", op, token)
	case Timeout: // it worked, and nobody was told
	}
	return nil
}
