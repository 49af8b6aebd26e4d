package awssim

// rulesFor returns what AWS checks when an object of the type is created, updated or deleted.
func rulesFor(token string) []rule { return rules[token] }

var rules = map[string][]rule{}
