#!/usr/bin/env bash
# What reads memory images in the field: crash, drgn, gdb, and the symbols of the kernel that the bench's guests boot (280 MB to
# fetch, 600 MB unpacked). Not part of CI. Afterwards: MEMOIR_READERS=1 npm test -- test/integration/readers
set -euo pipefail

cache=${MEMOIR_BENCH_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/memoir-bench}
[ -e "$cache/kernel/package" ] || { echo 'run scripts/install-system-deps.sh first' >&2; exit 1; }
DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends crash python3-drgn gdb binutils zstd

[ -e "$cache/readers/vmlinux" ] && exit 0
package=$(cut -f 1 "$cache/kernel/package")-dbg
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
chmod 755 "$work"
(cd "$work" && apt-get download "$package" && dpkg-deb --fsys-tarfile ./*.deb | tar -x --wildcards './usr/lib/debug/boot/vmlinux*')
mkdir -p "$cache/readers"
mv "$work"/usr/lib/debug/boot/vmlinux-* "$cache/readers/vmlinux"
echo "symbols of ${package%-dbg} in $cache/readers/vmlinux"
