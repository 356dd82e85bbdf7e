#!/usr/bin/env bash
# Packs the installed program, its libraries and their licences as dist/espalier-<version>-linux-<machine>.tar.xz.
# Unpacked anywhere, bin/espalier starts, on a system whose C library is as new as the one that built it.
source "$(dirname "$0")/common.sh"

version=$(sed -n 's/^project(espalier VERSION \([0-9.]*\).*/\1/p' CMakeLists.txt)
name=espalier-$version-linux-$(uname -m)
root=build/dist/$name
rm -rf "$root"
scripts/install.sh "$PWD/$root" program

# The licence of every library inside: libtorch's own from its package, the others' from Debian's copyright files.
licences=$root/licences
mkdir -p "$licences"
cp LICENSE "$licences/espalier"
torch_library=$(ldd "build/${PRESET:-release}/espalier" | sed -n 's/.*libtorch_cpu.so => \(.*\) (0x.*/\1/p')
torch=$(dirname "$(dirname "$torch_library")")
if compgen -G "$torch-*.dist-info/licenses" >/dev/null; then
  cp -r "$torch"-*.dist-info/licenses "$licences/libtorch"
else
  say "$torch has no licence files beside it: add libtorch's by hand" >&2
fi
packages=$(ldd "build/${PRESET:-release}/espalier" | sed -n 's/.* => \(.*\) (0x.*/\1/p' | while read -r library; do
  [[ -e $root/lib/espalier/$(basename "$library") && $library != "$torch"/* ]] || continue
  # dpkg knows one of the two paths of a system whose /lib is a link to /usr/lib.
  { dpkg-query -S "$(realpath "$library")" || dpkg-query -S "${library#/usr}" || dpkg-query -S "$library"; } 2>/dev/null |
    head -n 1 | cut -d: -f1
done | sort -u)
# Headers alone, compiled into the program.
for package in $packages libcli11-dev libtomlplusplus-dev nlohmann-json3-dev; do
  cp -L "/usr/share/doc/$package/copyright" "$licences/$package"
done
for library in "$root"/lib/espalier/*.so*; do
  if [[ ! -L $library ]]; then printf '%s\n' "$(basename "$library")"; fi
done >"$licences/LIBRARIES"

mkdir -p dist
XZ_OPT="-T0 -3" tar --sort=name --owner=0 --group=0 --numeric-owner -C build/dist -cJf "dist/$name.tar.xz" "$name"
say "dist/$name.tar.xz: $(du -h "dist/$name.tar.xz" | cut -f1) packed, $(du -sh "$root" | cut -f1) unpacked; licences of:" \
  "espalier, libtorch, $(echo $packages)"

# What was packed starts somewhere else, without this machine's environment.
elsewhere=$(mktemp -d)
trap 'rm -rf "$elsewhere"' EXIT
tar -C "$elsewhere" -xJf "dist/$name.tar.xz"
env -i "$elsewhere/$name/bin/espalier" list methods >/dev/null || fail "the packed program does not start"
if env -i LD_DEBUG=libs "$elsewhere/$name/bin/espalier" --version 2>&1 | grep "calling init: /" | grep -vE "$elsewhere|/(libc|libm|libdl|libpthread|librt|ld-linux[^/]*)\.so"; then
  fail "the packed program takes these libraries from the system"
fi
say "it starts from $elsewhere, with no library of the system but libc"
