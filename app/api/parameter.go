package api

// Parameter is a parameter of an operation with the bounds that the contract sets for it; see [Parameters].
type Parameter struct {
	Name string
	In   string // path, query or header
	Type string // string, integer or boolean; of each value where there may be several
	// Many says that it may be given several times, MinItems to MaxItems times (0: any number).
	Many               bool
	MinItems, MaxItems int
	// Format is uuid, date or date-time; Pattern a regular expression that must match.
	Format, Pattern string
	Enum            []string
	// MinLength and MaxLength count characters; 0 is no bound.
	MinLength, MaxLength int
	Min, Max             *int64
}

func bound(n int64) *int64 { return &n }
