# What there is to do here. "make test" and "make demo" set up what they need.

BIN       := dist/migguard
VERSION   := $(shell git describe --tags --always --dirty 2>/dev/null || echo devel)
LDFLAGS   := -s -w -X github.com/migguard/migguard/internal/cli.version=$(VERSION) \
             -linkmode external -extldflags "-static"
PKGS      ?= ./...
TESTFLAGS ?=
BENCH     ?= .
FUZZTIME  ?= 30s

# The release whose analyzers know the Go version in go.mod.
STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2

.DEFAULT_GOAL := help

.PHONY: help
help: ## Print this list
	@awk -F ':.*## ' '/^[a-z\/]+:.*## / {printf "make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: setup
setup: ## Install what building and testing need, and say what was done
	@.ci/setup

.PHONY: build
build: ## Build dist/migguard, one static binary, and print its size
	@.ci/setup build
	CGO_ENABLED=1 go build -trimpath -tags netgo,osusergo -ldflags '$(LDFLAGS)' -o $(BIN) ./cmd/migguard
	@if readelf --program-headers $(BIN) | grep -q INTERP; then echo '$(BIN) is not static' >&2; exit 1; fi
	@printf '%s %s: static, %s bytes stripped\n' $(BIN) '$(VERSION)' "$$(wc -c <$(BIN))"

# The grammar is C code, so another machine's program needs a C compiler for it:
# make dist ARCH=arm64 CC=aarch64-linux-gnu-gcc. What dist/ holds already of other
# machines stays, and is packed.
ARCH ?= $(shell go env GOARCH)

.PHONY: dist
dist: ## Build this machine's program for the buildpack, and pack the buildpack
	@GOARCH=$(ARCH) CC='$(CC)' $(MAKE) --no-print-directory build BIN=dist/migguard-linux-$(ARCH)
	@cd dist && sha256sum migguard-linux-* | tee SHA256SUMS
	@tar -czf dist/migguard-buildpack.tgz --owner=0 --group=0 --exclude='*.go' \
		bin buildpack.toml Procfile.example dist/SHA256SUMS dist/migguard-linux-*
	@echo 'dist/migguard-buildpack.tgz: the buildpack, with the programs above and for no other machine'

.PHONY: test
test: ## Test everything; MIGGUARD_TEST_PG=all or =14,18 chooses the servers
	@.ci/setup test
	go run ./.ci/gotest $(TESTFLAGS) $(PKGS)

.PHONY: test/race
test/race: ## The same under the race detector
	@.ci/setup test
	go run ./.ci/gotest -race $(TESTFLAGS) $(PKGS)

.PHONY: crash
crash: ## Kill migguard 50 times during a Rails run, 10 during Redmine's history, 50 during its tasks, and 100 during the deploys of docs/scenarios.md; each time the next run finishes it
	@.ci/setup test
	MIGGUARD_TEST_KILLS=50 go test -count=1 -timeout 40m -v -run '^(TestCrash.*|TestRedmineKilled)$$' ./internal/cli
	MIGGUARD_TEST_KILLS=50 go test -count=1 -timeout 1h -v -run '^TestIndexKilledAtAnyInstant$$' ./internal/release
	MIGGUARD_TEST_KILLS=100 go test -count=1 -timeout 1h -v -run '^TestScenariosKilled$$' ./internal/release

.PHONY: matrix
matrix: ## Disturb a deploy at every state by every fault, on the Platform API's emulator, have old code meet migrations, play the deploys of docs/scenarios.md, and foretell the work of ALTER TABLE: an hour
	@.ci/setup test
	MIGGUARD_TEST_MATRIX=full go test -count=1 -timeout 8h -v -run '^TestMatrix$$' ./internal/cli
	MIGGUARD_TEST_MATRIX=full go test -count=1 -timeout 1h -v -run '^TestRedmineReleases$$' ./internal/cli
	MIGGUARD_TEST_MATRIX=full MIGGUARD_TEST_PG=all go test -count=1 -timeout 2h -v -run '^(TestTruth|TestFieldRules.*)$$' ./internal/cli
	MIGGUARD_TEST_MATRIX=full MIGGUARD_TEST_PG=all go test -count=1 -timeout 1h -v -run '^(TestWorkIsForetold|TestConstraintIsTheSame|TestScenarios|TestORMs|TestExamplesOnServer|TestDirectives.*)$$' ./internal/release
	MIGGUARD_TEST_MATRIX=full MIGGUARD_TEST_PG=all go test -count=1 -timeout 1h ./internal/scan/... ./internal/testkit/oldcode

.PHONY: demo
demo: build ## Show a deploy with and without the guard, on PostgreSQL 14 and 18
	@.ci/setup demo
	$(BIN) demo --pg 14,18

.PHONY: bench
bench: ## Run the benchmarks, one package at a time; BENCH=REGEXP chooses
	@.ci/setup test
	go test -p 1 -timeout 2h -run '^$$' -bench '$(BENCH)' -benchmem $(PKGS)

.PHONY: fuzz
fuzz: ## Run each fuzz target for FUZZTIME, 30s by default
	@.ci/setup test
	@set -e; grep -rl --include='*_test.go' '^func Fuzz' cmd internal | xargs -r dirname | sort -u | \
	while read -r dir; do \
		listed=$$(go test -list '^Fuzz' "./$$dir"); \
		for target in $$(echo "$$listed" | grep '^Fuzz'); do \
			echo "$$dir $$target"; \
			go test -run '^$$' -fuzz "^$$target$$" -fuzztime $(FUZZTIME) "./$$dir"; \
		done; \
	done

# "./..." leaves testdata out.
OLDCODE := ./internal/testkit/oldcode/testdata/go/...

.PHONY: sequences
sequences: ## Have SEQUENCES random migrations, 10000 by default, meet random code, from a seed of today
	@.ci/setup test
	MIGGUARD_TEST_SEED=$$(date +%s) MIGGUARD_TEST_SEQUENCES=$(or $(SEQUENCES),10000) bash -o pipefail -c \
		"go test -count=1 -timeout 8h -v -run '^TestSequences$$' ./internal/release | grep -vE '^ *(===|--- PASS)'"

.PHONY: lint
lint: ## Check format, go vet, staticcheck and shellcheck
	@.ci/setup build lint
	@test -z "$$(gofmt -l bin cmd internal .ci | tee /dev/stderr)"
	go vet ./... ./.ci/gotest $(OLDCODE)
	go run $(STATICCHECK) ./... ./.ci/gotest $(OLDCODE)
	shellcheck .ci/setup .ci/run
	shellcheck --external-sources --check-sourced bin/detect bin/compile bin/build bin/release bin/report
	shellcheck --shell=sh internal/testkit/pgtest/keeper.sh bin/runtime/*.sh

.PHONY: generate
generate: ## Write the generated pages of docs anew
	go test -count=1 -run '^TestHazardPage$$' ./internal/report -update
	MIGGUARD_TEST_PG=all go test -count=1 -run '^TestLocks$$' ./internal/ddl -update
	MIGGUARD_TEST_PG=18 go test -count=1 -timeout 30m -run '^TestTruth$$' ./internal/cli -update
	MIGGUARD_TEST_PG=18 go test -count=1 -run '^(TestScenarios|TestORMs)$$' ./internal/release -update

.PHONY: verify
verify: ## Check that go.mod and go.sum are complete and nothing more
	go mod tidy -diff
	go mod verify
