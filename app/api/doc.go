// Package api holds the contract of the service and the Go code that is generated from it.
//
// openapi.yaml is written by hand and comes first: change it, run `go generate ./...`, and the compiler says what is
// to be done. [SpecYAML] and [SpecJSON] are the document itself.
//
//   - types.gen.go: the bodies and parameters. A field that may be null in an answer is a pointer. In a merge patch,
//     where null is not absent, it is a nullable.Nullable. Days ([Date]) and e-mail addresses are strings.
//   - server.gen.go: [ServerInterface], a method per operation, and [HandlerWithOptions], which routes to it.
//   - client.gen.go: [ClientInterface], a method per operation that sends the request and returns the bare response.
//     Package client is what users of the API want: it is built on this and adds retries, errors and paging.
//   - parameters.gen.go: [Parameters], the bounds of what stands in paths, queries and headers.
//
// The package imports nothing of this project.
package api
