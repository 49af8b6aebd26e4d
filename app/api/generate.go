package api

// The generator is pinned in a module of its own, so that it is no dependency of the service.
//go:generate env GOWORK=off go tool -modfile=../../.tools/oapi-codegen/go.mod oapi-codegen -config types.cfg.yaml openapi.yaml
//go:generate env GOWORK=off go tool -modfile=../../.tools/oapi-codegen/go.mod oapi-codegen -config server.cfg.yaml openapi.yaml
//go:generate env GOWORK=off go tool -modfile=../../.tools/oapi-codegen/go.mod oapi-codegen -config client.cfg.yaml openapi.yaml
//go:generate env GOWORK=off go run ./internal/parameters openapi.yaml parameters.gen.go
