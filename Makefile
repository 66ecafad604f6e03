# Muster. `make help` lists what there is.
PRESET ?= default
JOBS ?= $(shell nproc)
# Many tests wait for others more than they work; what runs beside those that measure: cmake/MusterLayers.cmake.
TEST_JOBS ?= $(shell expr $(JOBS) + 1)
SEED ?= 1
T ?=
S ?= 60
BUILD = build/$(PRESET)
NODES ?= 2
BINARIES ?= $(BUILD)
SERVED = '^(kube|admission|crds|helm|schedules|plugin|profiles|release|cluster|pod_figures)\.'
TSAN = test_aio test_limit test_traffic test_sampling test_probes test_sidecar

.DEFAULT_GOAL := help
.PHONY: help deps build test check demo demo-sidecar sim fuzz bench tsan mutate kubernetes oldest helm collector cluster-up cluster-down e2e crds fmt tidy clean

help: ## this list
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z0-9-]+):.*## (.*)/  \1\t\2/' | expand -t 16

deps: ## install what building, testing and the demo need (Debian 12, root or sudo)
	@ci/deps.sh

build: deps ## build everything: PRESET=default (ASan, UBSan), release or tsan
	@cmake --preset $(PRESET) >/dev/null || cmake --preset $(PRESET)
	@cmake --build $(BUILD) -j $(JOBS) $(addprefix --target ,$(TARGET))

# Gigabytes of fresh programs are written to disk when the kernel likes, which is in the middle of a
# drill on a database unless they are written now.
test: build kubernetes helm collector ## build and run all tests; with CI set also the drills of a real cluster
	@$(if $(CI),ci/deps.sh cluster && ci/cluster/programs.sh >/dev/null)
	@sync
	@ctest --test-dir $(BUILD) --output-on-failure -j $(TEST_JOBS) --resource-spec-file $(CURDIR)/$(BUILD)/tests/beside.json -LE 'browser|cluster-nodes$(if $(CI),,|cluster-drills)'

check: deps ## formatting, bans and norms, layers, clang-tidy
	@ci/check.sh

demo: ## a measured database-failover drill on a real PostgreSQL pair
	@ci/demo.sh

demo-sidecar: ## the sidecar before an application: figures, a refusal, a fault, a death
	@ci/demo_sidecar.sh

sim: build ## one simulated drill, replayable: SEED=n
	@$(BUILD)/tests/sim/test_sim --gtest_filter='*Seed*' --seed=$(SEED)

fuzz: build ## fuzz one parser longer: T=plan S=600
	@ci/fuzz.sh $(BUILD)/tests/fuzz/fuzz_$(T) tests/corpus/$(T) $(S)

bench: ## run the benchmarks that defend the figures in docs/performance.md
	@$(MAKE) --no-print-directory build PRESET=release
	@ci/bench.sh

tsan: ## the sidecar's tests, among them a busy day, and what threads share, under ThreadSanitizer
	@$(MAKE) --no-print-directory build PRESET=tsan TARGET="muster-sidecar muster-redirect muster_stepped_clock bench_http_flood $(TSAN)"
	@set -e; for one in $(TSAN); do build/tsan/tests/$${one#test_}/$$one; done
	@ctest --test-dir build/tsan --output-on-failure -R '^sidecar\.'

mutate: deps ## break the measurement and the operator line by line; their tests must notice
	@python3 ci/mutate.py

kubernetes: deps ## build the API server and the node that the cluster tests use, once; prints where they are
	@ci/kubernetes.sh
	@ci/kubernetes/streaming.sh

oldest: build kubernetes helm ## the tests of an API server against the oldest Kubernetes that is supported
	@KUBEBUILDER_ASSETS=$$(ci/kubernetes.sh oldest) ctest --test-dir $(BUILD) --output-on-failure -L integration -R $(SERVED)

helm: deps ## build the Helm 3 and Helm 4 that the chart is tested with, once; prints where they are
	@ci/helm.sh

collector: deps ## build the OpenTelemetry Collector that the sidecar exports to in tests, once; prints where it is
	@ci/collector.sh

cluster-up: ## a real Kubernetes cluster on this machine (root): NODES=2, BINARIES=build/default for its images
	@ci/deps.sh cluster
	@images=$$(ci/cluster/images.sh --binaries $(BINARIES)) && ci/cluster/cluster.py up --nodes $(NODES) $$(printf ' --image %s' $$images)

cluster-down: ## end that cluster and all that it left
	@ci/cluster/cluster.py down

e2e: build kubernetes helm ## tests of a real cluster and of a real browser, ten minutes (root)
	@ci/deps.sh cluster
	@ci/deps.sh browser
	@ctest --test-dir $(BUILD) --output-on-failure -L 'cluster-nodes|cluster-drills|browser'

crds: ## write helm/files/crds and docs/crds.md from the tables of libs/api
	@$(MAKE) --no-print-directory build TARGET=muster_crds
	@$(BUILD)/cli/crds/muster_crds .

fmt: deps ## format the sources in place
	@git ls-files '*.h' '*.cpp' | xargs clang-format-19 -i

tidy: deps ## the bans and norms alone
	@python3 ci/tidy.py

clean: ## remove build outputs
	@rm -rf build fuzz-failures
