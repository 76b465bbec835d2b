# Every target is a line with its purpose; bare make lists them.
GO ?= go

.PHONY: help build test race docker sim bench bench-checker cross-check faults bugs fuzz lint golangci docs generate snapshot image clean ci
help: ## this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

build: ## the static binary ./splitvote, which is also the container image's only file
	CGO_ENABLED=0 $(GO) build -o splitvote ./cmd/splitvote

test: ## all tests; those that need an engine or a browser skip by name without one
	$(GO) test ./...

race: ## all tests under the race detector, as CI does
	$(GO) test -race ./...

docker: ## the tests of the Docker backend alone
	$(GO) test -v ./cluster/docker/...

SEEDS ?= 100
sim: build ## SEEDS runs of a minute each in the simulator, all faults (SEEDS=1000 for more)
	./splitvote run --backend sim --faults partition,kill,pause --time-limit 60s --test-count $(SEEDS)

bench: ## the benchmarks: simulated seconds a second, operations a second, the checkers
	$(GO) test -run '^$$' -bench . -benchmem ./cluster/... ./harness ./checker/... ./protocol/...

TABLE ?= all
bench-checker: ## the checkers' table: a million calls, beside Porcupine; each cell in a process of its own (TABLE=queue for a part)
	SPLITVOTE_TABLE="$(TABLE)" $(GO) test -v -run '^TestTable$$' -timeout 60m ./checker/linear

ROUNDS ?= 1000000
cross-check: ## every engine, Porcupine and brute force on ROUNDS random small histories a model
	GOGC=400 SPLITVOTE_ROUNDS=$(ROUNDS) $(GO) test -v -run 'Agree|Projections|Minimal|PorcupineModels|Imply' -timeout 240m ./checker/...

faults: ## a mistake planted in each of the checkers' algorithms, one after the other: the cross-checks must catch it
	SPLITVOTE_FAULTS=1 $(GO) test -run TestCrossCheckCatchesFaults -timeout 60m ./checker/linear ./checker/txn ./checker/weak

bugs: build ## the matrix of planted bugs, as docs/bugs.md has it
	./splitvote bugs

FUZZTIME ?= 1m
fuzz: ## every fuzz target for FUZZTIME each, one a core
	.ci/fuzz $(FUZZTIME)

GOLANGCI = github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
lint: ## gofmt, vet and, where it is installed, golangci-lint
	@test -z "$$(gofmt -l .)" || { gofmt -l .; exit 1; }
	$(GO) vet ./...
	@if command -v golangci-lint >/dev/null; then golangci-lint run; \
	else echo "golangci-lint is not installed: skipped (make golangci installs it)"; fi

golangci: ## install the golangci-lint that make lint runs
	$(GO) install $(GOLANGCI)

docs: build ## rewrite the generated pages of docs/, and what its console blocks print
	$(GO) test ./cmd/splitvote -run 'TestGeneratedDocs|TestDocumentedOutputs' -rewrite

generate: ## man pages and completions of shells, into dist-extra/
	$(GO) run ./cmd/splitvote generate dist-extra

PLATFORMS = linux/amd64 linux/arm64 darwin/amd64 darwin/arm64
snapshot: generate ## the binaries of a release with their checksums, into dist/, as goreleaser makes them
	rm -rf dist && mkdir dist
	for p in $(PLATFORMS); do \
		CGO_ENABLED=0 GOOS=$${p%/*} GOARCH=$${p#*/} $(GO) build -trimpath -ldflags '-s -w' -o dist/$$p/splitvote ./cmd/splitvote && \
		tar czf dist/splitvote_snapshot_$${p%/*}_$${p#*/}.tar.gz -C dist/$$p splitvote -C $(CURDIR) LICENSE README.md CHANGELOG.md \
			-C dist-extra man completions || exit 1; \
	done
	cd dist && sha256sum *.tar.gz > SHA256SUMS

image: ## the published image, for this machine
	CGO_ENABLED=0 GOOS=linux $(GO) build -trimpath -o dist/linux/$$($(GO) env GOARCH)/splitvote ./cmd/splitvote
	docker build --build-arg TARGETPLATFORM=linux/$$($(GO) env GOARCH) -t ghcr.io/splitvote/splitvote:local -f Dockerfile dist

clean: ## what builds and runs have left, containers included
	-./splitvote clean
	rm -rf splitvote runs dist dist-extra

ci: ## what CI runs, set-up included (Debian, root)
	.ci/run
