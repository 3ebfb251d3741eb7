#!/bin/bash
# package.sh VERSION CYCLONEDX...: adds to dist/ the manual pages and completions, a
# Debian package and the bills of materials of what lies there for Linux on amd64.
# SOURCE_DATE_EPOCH is the only time that goes into them. Run by make release.
set -eu -o pipefail
version=$1
shift
program=dist/vkeras-$version-linux-amd64
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
umask 022
archive() { # FOLDER: the same files give the same bytes
	tar -C "$1" --sort=name --owner=0 --group=0 --numeric-owner --mtime="@$SOURCE_DATE_EPOCH" -c . | gzip -n
}

share=$work/share
mkdir -p "$share"/{bash-completion/completions,zsh/vendor-completions,fish/vendor_completions.d}
"$program" man "$share/man/man1"
"$program" completion bash >"$share/bash-completion/completions/vkeras"
"$program" completion zsh >"$share/zsh/vendor-completions/_vkeras"
"$program" completion fish >"$share/fish/vendor_completions.d/vkeras.fish"
archive "$share" >"dist/vkeras-$version-share.tar.gz"

deb=$work/deb
documents=$deb/usr/share/doc/vkeras
mkdir -p "$deb/DEBIAN" "$deb/usr/bin" "$documents"
cp -R "$share" "$deb/usr/"
gzip -n9 "$deb"/usr/share/man/man1/*
install -m 755 "$program" "$deb/usr/bin/vkeras"
install -m 755 "dist/vkeras-queue-$version-linux-amd64" "$deb/usr/bin/vkeras-queue"
install -m 644 LICENSE "$documents/copyright"
gzip -n9 <CHANGELOG.md >"$documents/changelog.gz"
# Debian's versions begin with a digit.
case $version in
v[0-9]*) number=${version#v} ;;
*) number=0~$version ;;
esac
cat >"$deb/DEBIAN/control" <<END
Package: vkeras
Version: $number
Architecture: amd64
Maintainer: The vkeras authors <vkeras@users.noreply.github.com>
Installed-Size: $(du -k --apparent-size -s "$deb/usr" | cut -f 1)
Depends: libc6 (>= 2.34), libvulkan1
Recommends: mesa-vulkan-drivers
Suggests: libturbojpeg0
Section: science
Priority: optional
Homepage: https://github.com/vkeras/vkeras
Description: Keras image classifiers on any Vulkan GPU
 Opens what Keras wrote, builds the network from the file's own config, and runs
 it with compute shaders on whatever Vulkan finds, or natively on the processor.
 No Python is needed.
END
find "$deb" -exec touch --no-dereference --date="@$SOURCE_DATE_EPOCH" {} +
dpkg-deb --root-owner-group -Zxz --build "$deb" "dist/vkeras_${number//\~/-}_amd64.deb" >/dev/null

# Bills of materials, by what Go says in the programs themselves; serial numbers and
# times would differ from build to build.
for name in vkeras vkeras-queue; do
	"$@" bin -json -noserial -notimestamp -version "$version" -output "dist/$name-$version.cdx.json" "dist/$name-$version-linux-amd64"
done
