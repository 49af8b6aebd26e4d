// Package httpapi is the HTTP side of the service: it decodes requests, calls a domain's service, encodes the answer.
//
// A request passes, in this order:
//
//	edge.go      request ID, client address, security headers, panics, access log, metrics
//	routes.go    chi finds the route; the route's policy stands in one table
//	endpoint.go  rate limits, authentication, body limit, media types, query parameters, a place to
//	             work, idempotency key
//	api          generated: path and query parameters become Go values
//	<domain>.go  a handler, a method of [Server]: decode → service → encode
//
// At most 64 requests with a token are worked on at once in a process, so that the memory for their answers is bounded:
// lists may be some 6 MiB each. One more waits up to 2 s and is then answered 503 with `Retry-After: 1`. Probes, the
// documentation and uploads do not count, nor do exports and imports, which hold little and may take hours; those have
// the database's connections as their bound. tasktracker_http_requests_working and _refused_total say how near that is.
//
// A handler uses only this:
//
//	func (s *Server) CreateProject(w http.ResponseWriter, r *http.Request, workspace uuid.UUID) {
//		in, err := decode[api.ProjectCreate](r)
//		if err != nil {
//			s.fail(w, r, err)
//			return
//		}
//		p, err := s.svc.Projects.Create(r.Context(), principal(r), …)
//		if err != nil {
//			s.fail(w, r, err)
//			return
//		}
//		s.created(w, r, "/v1/projects/"+p.ID.String(), p.Version, toProject(p))
//	}
//
// Reads end in s.object (ETag, 304), lists in page (next_cursor, Link) after after (?cursor=), deletions in s.noContent;
// [ifMatch] gives the version that the caller saw, [eventual] whether a lagging replica will do. Every failure, the
// kernel's own included, is an apperr.Error and leaves as application/problem+json through s.fail; which status stands
// for which code is said in problem.go and nowhere else.
package httpapi
