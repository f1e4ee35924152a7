#!/usr/bin/env bash
# Makes a container image of the Debian package's files; no registry is reached with BASE=local, which takes libc and the shell of this machine.
#
#   scripts/build-image.sh [TAG] [DEB]      BASE=debian:bookworm-slim (default) | local
set -euo pipefail
cd "$(dirname "$0")/.."
tag=${1:-memoir}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
deb=${2:-$(scripts/build-deb.sh "$work")}
mkdir "$work/context"
dpkg-deb -x "$deb" "$work/context/root"
# The container has its settings from its environment, and no unit.
rm -rf "$work/context/root/lib" "$work/context/root/etc" "$work/context/root/usr/share"
rm -rf "$work/context/root/var/lib/memoir"
install -d "$work/context/data"
install -d -m 1777 "$work/context/root/tmp"
base=${BASE:-debian:bookworm-slim}
if [ "$base" = local ]; then
  base=memoir-local-base
  local_root=$work/local
  mkdir -p "$local_root"
  node=$(echo "$work"/context/root/usr/lib/memoir/node_modules/node-linux-*/bin/node)
  for file in /bin/sh $(ldd "$node" /bin/sh | grep -o '/[^ ]*' | grep -v ':$' | sort -u); do
    install -D "$(realpath "$file")" "$local_root$file"
  done
  tar -C "$local_root" -c . | docker import - "$base" >/dev/null
fi
docker build -q -t "$tag" --build-arg "BASE=$base" -f deploy/Dockerfile "$work/context"
