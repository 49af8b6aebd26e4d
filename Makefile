# Task Tracker. `make` alone lists the targets; `run`, `build` and `test` need Go and make, nothing else.
.DEFAULT_GOAL := help
SHELL := /bin/bash

# Neither the binary nor the tests use cgo: no C compiler is needed, and both share one build cache.
export CGO_ENABLED := 0

VERSION    ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
BINARY     := .build/tasktracker
TOOLS      := $(CURDIR)/.tools/bin
TESTFLAGS  ?=
BENCHFLAGS ?=
FUZZTIME   ?= 10s
CONTAINER  ?= $(firstword $(notdir $(shell command -v docker podman buildah 2>/dev/null)) docker)

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: run
run: export TASKTRACKER_ADDR ?= 127.0.0.1:3000
run: build ## build and serve the API on http://127.0.0.1:3000, data in ./var
	@exec $(BINARY) serve

.PHONY: build
build: ## build the binary: .build/tasktracker
	@mkdir -p .build
	go build -trimpath -ldflags "-s -w -X main.version=$(VERSION)" -o $(BINARY) ./app/cmd/tasktracker

# The attachment store is tested on a real S3 server, pinned like the other tools.
test fuzz: export TASKTRACKER_TEST_S3_SERVER ?= $(TOOLS)/versitygw

.PHONY: test
test: $(TOOLS)/versitygw ## run all tests (the MySQL half where TASKTRACKER_TEST_MYSQL_DSN says where)
	@status=0; (cd app && go test $(TESTFLAGS) ./...) || status=$$?; \
	if [ -z "$$TASKTRACKER_TEST_MYSQL_DSN" ]; then \
		echo "*** TASKTRACKER_TEST_MYSQL_DSN is unset: THE MYSQL HALF OF THE TESTS DID NOT RUN ***"; \
		[ "$$CI" != true ] || status=1; \
	fi; exit $$status

.PHONY: fuzz
fuzz: ## run each fuzzer for FUZZTIME (10s)
	@.ci/fuzz $(FUZZTIME)

.PHONY: bench
bench: ## measure the service against the raw-driver floor, on MySQL; figures also in .build/bench.json
	@mkdir -p .build
	cd app && go run ./bench -o ../.build/bench.json $(BENCHFLAGS)

.PHONY: lint
lint: $(TOOLS)/golangci-lint ## run the linters, the import rules among them
	$(TOOLS)/golangci-lint config verify
	cd app && $(TOOLS)/golangci-lint run ./...

.PHONY: fmt
fmt: $(TOOLS)/golangci-lint ## format the code as lint wants it
	cd app && $(TOOLS)/golangci-lint fmt ./...

.PHONY: generate
generate: .tools/rds-bundle/node_modules ## generate the API code and the RDS certificate bundle (needs npm)
	@mkdir -p .build
	node .tools/rds-bundle/bundle.js > .build/global-bundle.pem
	mv .build/global-bundle.pem app/internal/store/rds/global-bundle.pem
	cd app && go generate ./...

.PHONY: image
image: ## build the container image with docker, podman or buildah
	$(CONTAINER) build --build-arg VERSION=$(VERSION) -t tasktracker:$(VERSION) -t tasktracker:latest .

.PHONY: check
check: ## run all that CI runs
	@.ci/run

# The build tools: each is pinned in a module of its own, so that none of them ships.
$(TOOLS)/golangci-lint: .tools/golangci/go.mod .tools/golangci/go.sum
	GOWORK=off go build -C .tools/golangci -o $@ github.com/golangci/golangci-lint/v2/cmd/golangci-lint

$(TOOLS)/versitygw: .tools/s3/go.mod .tools/s3/go.sum
	GOWORK=off go build -C .tools/s3 -o $@ github.com/versity/versitygw/cmd/versitygw

.tools/rds-bundle/node_modules: .tools/rds-bundle/package-lock.json
	npm ci --prefix .tools/rds-bundle --ignore-scripts --no-audit --no-fund
	@touch $@
