#!/bin/bash
# build.sh FOLDER VERSION PYTHON: builds vkeras for macOS into the folder, by the C
# compiler of Python's package ziglang. Run by make portability-macos.
set -eu -o pipefail
out=$(realpath "$1")
version=$2
python=$(realpath --no-symlinks "$3")
trap 'rm -f ./-.o' EXIT # what Zig leaves of a check of syntax

# Apple's SDK is not at hand. Go's standard library says itself which functions it wants
# of which of the system's libraries: a linker needs no more than these names.
stubs=$out/stubs
rm -rf "$stubs"
mkdir -p "$stubs/include/mach"
grep -rhoE --include='*.go' 'cgo_import_dynamic \S+ \S+ "/[^"]+"' "$(go env GOROOT)/src" | sed -E 's/.* (\S+) "(.*)"/\2 \1/' | sort -u >"$stubs/symbols"
cut -d ' ' -f 1 "$stubs/symbols" | sort -u | while read -r library; do
	name=$(basename "$library")
	case $library in
	*.framework/*) file=$stubs/$name.framework/$name.tbd ;;
	*) file=$stubs/${name%%.*}.tbd ;;
	esac
	[[ $name != libSystem* ]] || continue # Zig has it
	mkdir -p "$(dirname "$file")"
	cat >"$file" <<END
--- !tapi-tbd
tbd-version: 4
targets: [ x86_64-macos, arm64-macos ]
install-name: '$library'
exports:
  - targets: [ x86_64-macos, arm64-macos ]
    symbols: [ $(grep -F "$library " "$stubs/symbols" | sed -E 's/.* (.*)/_\1/' | paste -s -d , -) ]
...
END
done
# The one header of the SDK that Zig lacks and a module (Prometheus' client) includes.
cat >"$stubs/include/mach/mach_vm.h" <<'END'
#include <mach/mach_types.h>
#include <mach/vm_region.h>
extern kern_return_t mach_vm_region(vm_map_read_t, mach_vm_address_t *, mach_vm_size_t *, vm_region_flavor_t, vm_region_info_t, mach_msg_type_number_t *, mach_port_t *);
END

# The binding links MoltenVK and frameworks for windows, which no SDK is here for: vkeras
# opens the one at run time and uses none of the others.
binding=$out/binding
rm -rf "$binding"
cp -R "$(go list -m -f '{{.Dir}}' github.com/vulkan-go/vulkan)" "$binding"
chmod -R u+w "$binding"
sed -i '/^#cgo darwin LDFLAGS/d' "$binding/vulkan_darwin.go"
cp go.mod "$out/go.mod"
cp go.sum "$out/go.sum"
go mod edit -replace="github.com/vulkan-go/vulkan=./${binding#"$PWD"/}" "$out/go.mod"

for system in arm64:aarch64 amd64:x86_64; do
	cc="$python -m ziglang cc -target ${system#*:}-macos.12.0 -F$stubs -L$stubs"
	flags="-O2 -g -idirafter $PWD/bin/include -idirafter $stubs/include"
	CGO_ENABLED=1 GOOS=darwin GOARCH=${system%:*} CC=$cc CGO_CFLAGS=$flags go build -modfile "$out/go.mod" -trimpath -buildvcs=false \
		-ldflags "-s -w -X main.release=$version" -o "$out/vkeras-darwin-${system%:*}" ./cmd/vkeras
	CGO_ENABLED=0 GOOS=darwin GOARCH=${system%:*} go build -trimpath -buildvcs=false -ldflags "-s -w -X main.release=$version" -o "$out/vkeras-darwin-${system%:*}-nocgo" ./cmd/vkeras
done
