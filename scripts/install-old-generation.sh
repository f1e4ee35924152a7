#!/usr/bin/env bash
# Unpacks Debian 12's own libvirt 9.0 and QEMU 7.2, which cannot be installed beside those of backports, with all their
# libraries into a folder, for the tests that BENCH_OLD=1 asks for. Nothing is installed, and none of their scripts runs.
# Run scripts/install-system-deps.sh first.
#
#   MEMOIR_BENCH_CACHE=DIR    where (default: ${XDG_CACHE_HOME:-$HOME/.cache}/memoir-bench)
set -euo pipefail

say() { printf 'install-old-generation: %s\n' "$*"; }
die() { printf 'install-old-generation: %s\n' "$*" >&2; exit 1; }

[ "$(id -u)" = 0 ] || die 'must run as root (sudo -E scripts/install-old-generation.sh)'
# shellcheck source=/dev/null
. /etc/os-release
[ "${ID:-}" = debian ] && [ "${VERSION_ID:-}" = 12 ] || die "knows Debian 12 only, this is ${PRETTY_NAME:-unknown}"
readonly target=${MEMOIR_BENCH_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/memoir-bench}/old-generation

if [ -x "$target/usr/sbin/libvirtd" ]; then
  say "ready: $(tr '\n' ' ' <"$target/packages")"
  exit 0
fi
getent passwd libvirt-qemu >/dev/null || die 'there is no user libvirt-qemu: run scripts/install-system-deps.sh first'

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
quietly() {
  if ! "$@" >"$work/log" 2>&1; then
    tail -n 30 "$work/log" >&2
    die "failed: $*"
  fi
}

say 'reading the package lists'
quietly apt-get -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3 update

# To apt a machine without a single package: so it takes everything that the two need, and from the release alone.
mkdir -p "$work/archives/partial" "$work/state"
: >"$work/state/status"
chmod -R a+rwX "$work"
say 'downloading libvirt and QEMU of the release'
quietly apt-get -y --no-install-recommends --download-only \
  -o Dir::State::status="$work/state/status" -o Dir::Cache::archives="$work/archives" \
  -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= -o Acquire::Retries=3 -t "$VERSION_CODENAME" \
  install libvirt-daemon libvirt-daemon-driver-qemu qemu-system-x86 seabios

say "unpacking $(find "$work/archives" -name '*.deb' | wc -l) packages into $target"
root=$work/root
mkdir -p "$root/usr" "$root/etc" "$root/run" "$root/tmp"
for folder in bin sbin lib lib64; do
  mkdir -p "$root/usr/$folder"
  ln -s "usr/$folder" "$root/$folder" # merged, as Debian 12 is
done
for package in "$work"/archives/*.deb; do
  dpkg-deb --fsys-tarfile "$package" | tar -x --keep-directory-symlink -C "$root" || die "cannot unpack $package"
done
# The same libvirt-qemu on both sides of a socket, and a name of this machine that needs no name server.
cp /etc/passwd /etc/group /etc/nsswitch.conf /etc/hosts "$root/etc/"
LC_ALL=C chroot "$root" /usr/sbin/libvirtd --version >/dev/null || die 'the unpacked libvirtd does not run'
for package in "$work"/archives/libvirt-daemon_*.deb "$work"/archives/qemu-system-x86_*.deb; do
  dpkg-deb -W "$package"
done | tr '\t' ' ' >"$root/packages"

mkdir -p "${target%/*}"
rm -rf "$target.new" "$target"
cp -a "$root" "$target.new"
mv "$target.new" "$target"
say "ready: $(tr '\n' ' ' <"$target/packages")"
