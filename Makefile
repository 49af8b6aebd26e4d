# Task Tracker. `make` alone lists the targets; `run`, `build` and `test` need Go and make, nothing else.
.DEFAULT_GOAL := help
SHELL := /bin/bash

# Neither the binaries nor the tests use cgo: no C compiler is needed, and all share one build cache.
export CGO_ENABLED := 0
# Each module is built with the versions that its own go.mod names, as the image is; go.work is for editors.
export GOWORK := off

VERSION    ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
BINARY     := .build/tasktracker
TOOLS      := $(CURDIR)/.tools/bin
TESTFLAGS  ?=
BENCHFLAGS ?=
STACK      ?= dev
BASE       ?=
FORMAT     ?= text
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
	go build -C app -trimpath -ldflags "-s -w -X main.version=$(VERSION)" -o ../$(BINARY) ./cmd/tasktracker

# The attachment store is tested on a real S3 server, pinned like the other tools.
test fuzz: export TASKTRACKER_TEST_S3_SERVER ?= $(TOOLS)/versitygw

# The platform is tested on the real engine: the pulumi that is on PATH, else one that is built here.
ENGINE := $(if $(shell command -v pulumi),,$(TOOLS)/pulumi)
LANGUAGE_HOST := $(if $(shell command -v pulumi-language-go),,$(TOOLS)/pulumi-language-go)

.PHONY: test
test: $(TOOLS)/versitygw engine ## run all tests (the MySQL half where TASKTRACKER_TEST_MYSQL_DSN says where)
	@status=0; for module in app infra stacks; do (cd $$module && go test $(TESTFLAGS) ./...) || status=$$?; done; \
	if [ -z "$$TASKTRACKER_TEST_MYSQL_DSN" ]; then \
		echo "*** TASKTRACKER_TEST_MYSQL_DSN is unset: THE MYSQL HALF OF THE TESTS DID NOT RUN ***"; \
		[ "$$CI" != true ] || status=1; \
	fi; exit $$status

# What to do where a build of the platform fails for want of modules.
offline = echo '*** Where modules are missing, fetch them once with a network: for m in stacks .tools/pulumi .tools/pulumi-language-go; do go -C $$m mod download; done' >&2

.PHONY: plan
plan: engine ## preview a stack offline: STACK=dev|prod [BASE=revision] [FORMAT=text|markdown]
	@mkdir -p .build && go build -C stacks -o ../.build/plan ./cmd/plan || { $(offline); exit 1; }
	@.build/plan -stack '$(STACK)' $(if $(BASE),-base '$(BASE)') -format '$(FORMAT)'

.PHONY: sim
sim: engine ## take a stack through its life offline: up, up again, refresh, destroy: STACK=dev|prod
	@mkdir -p .build && go build -C stacks -o ../.build/sim ./cmd/sim || { $(offline); exit 1; }
	@.build/sim -stack '$(STACK)'

.PHONY: engine
engine: $(ENGINE) $(LANGUAGE_HOST) ## build the pinned Pulumi engine where none is on PATH

.PHONY: fuzz
fuzz: ## run each fuzzer for FUZZTIME (10s)
	@.ci/fuzz $(FUZZTIME)

.PHONY: bench
bench: ## measure the service against the raw-driver floor, on MySQL; figures also in .build/bench.json
	@mkdir -p .build
	cd app && go run ./bench -o ../.build/bench.json $(BENCHFLAGS)

.PHONY: lint
lint: $(TOOLS)/golangci-lint $(TOOLS)/actionlint ## run the linters, the import rules among them
	$(TOOLS)/actionlint
	$(TOOLS)/golangci-lint config verify
	@status=0; for module in app infra stacks; do (cd $$module && $(TOOLS)/golangci-lint run ./...) || status=$$?; done; exit $$status

.PHONY: fmt
fmt: $(TOOLS)/golangci-lint ## format the code as lint wants it
	@for module in app infra stacks; do (cd $$module && $(TOOLS)/golangci-lint fmt ./...) || exit; done

.PHONY: generate
generate: .tools/rds-bundle/node_modules ## generate the API code and the RDS certificate bundle (needs npm)
	@mkdir -p .build
	node .tools/rds-bundle/bundle.js > .build/global-bundle.pem
	mv .build/global-bundle.pem app/internal/store/rds/global-bundle.pem
	cd app && go generate ./...
	cd infra && go generate ./...
	cd stacks && go generate ./...

.PHONY: image
image: ## build the container image with docker, podman or buildah
	$(CONTAINER) build --build-arg VERSION=$(VERSION) -t tasktracker:$(VERSION) -t tasktracker:latest .

.PHONY: check
check: ## run all that CI runs
	@.ci/run

# The build tools: each is pinned in a module of its own, so that none of them ships.
$(TOOLS)/golangci-lint: .tools/golangci/go.mod .tools/golangci/go.sum
	go build -C .tools/golangci -o $@ github.com/golangci/golangci-lint/v2/cmd/golangci-lint

$(TOOLS)/versitygw: .tools/s3/go.mod .tools/s3/go.sum
	go build -C .tools/s3 -o $@ github.com/versity/versitygw/cmd/versitygw

$(TOOLS)/actionlint: .tools/actionlint/go.mod .tools/actionlint/go.sum
	go build -C .tools/actionlint -o $@ github.com/rhysd/actionlint/cmd/actionlint

PULUMI_VERSION = $(shell sed -n 's,^.*github.com/pulumi/pulumi/pkg/v3 \(v[0-9.]*\).*,\1,p' .tools/pulumi/go.mod)
$(TOOLS)/pulumi: .tools/pulumi/go.mod .tools/pulumi/go.sum
	go build -C .tools/pulumi -ldflags "-s -w -X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=$(PULUMI_VERSION)" -o $@ github.com/pulumi/pulumi/pkg/v3/cmd/pulumi || { $(offline); exit 1; }

$(TOOLS)/pulumi-language-go: .tools/pulumi-language-go/go.mod .tools/pulumi-language-go/go.sum
	go build -C .tools/pulumi-language-go -ldflags "-s -w" -o $@ github.com/pulumi/pulumi/sdk/v3/go/pulumi-language-go || { $(offline); exit 1; }

.tools/rds-bundle/node_modules: .tools/rds-bundle/package-lock.json
	npm ci --prefix .tools/rds-bundle --ignore-scripts --no-audit --no-fund
	@touch $@
