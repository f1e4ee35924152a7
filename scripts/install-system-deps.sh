#!/usr/bin/env bash
# Installs what the tests with real components need, on Debian 12, as root. Safe to run again; quick when all is there.
#
#   scripts/install-system-deps.sh                  everything
#   SKIP_BROWSER=1 scripts/install-system-deps.sh   without Chromium
#   WITH_GO=1 scripts/install-system-deps.sh        Go as well, for the test with the old volume daemon's client
#   MEMOIR_BENCH_CACHE=DIR                          where the guest kernel, influxd and memlab are unpacked
#                                                   (default: ${XDG_CACHE_HOME:-$HOME/.cache}/memoir-bench)
#
# No service is left running: the tests start their own daemons in private folders.
set -euo pipefail

say() { printf 'install-system-deps: %s\n' "$*"; }
die() { printf 'install-system-deps: %s\n' "$*" >&2; exit 1; }

[ "$(id -u)" = 0 ] || die 'must run as root (sudo -E scripts/install-system-deps.sh)'
command -v apt-get >/dev/null || die 'needs apt-get: this script knows Debian 12 only'
# shellcheck source=/dev/null
. /etc/os-release
[ "${ID:-}" = debian ] && [ "${VERSION_ID:-}" = 12 ] || die "knows Debian 12 only, this is ${PRETTY_NAME:-unknown}"
readonly release=$VERSION_CODENAME
readonly backports=$release-backports
readonly cache=${MEMOIR_BENCH_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/memoir-bench}
export DEBIAN_FRONTEND=noninteractive
# Another apt at work is waited for, a failed download tried again.
readonly patient=(-o DPkg::Lock::Timeout=300 -o Acquire::Retries=3)

# libvirt 11.3 and QEMU 10, the generation where an interrupted background snapshot is harmless, are in backports.
hypervisor=(libvirt-daemon-system libvirt-clients qemu-system-x86 qemu-utils seabios)
# gcc makes the guest's litmus program; openssl the certificates of the TLS tests; the rest reads images or breaks things.
tools=(zstd xz-utils binutils gdb strace busybox-static cpio gcc libc6-dev openssh-server openssh-client openssl
  netcat-openbsd util-linux procps systemd curl jq openjdk-17-jdk-headless docker.io iptables libnbd-bin zsh fish python3)
[ -n "${SKIP_BROWSER:-}" ] || tools+=(chromium)
# A fifth of a gigabyte for one test: only if asked for.
[ -z "${WITH_GO:-}" ] || tools+=(golang-go)

installed() { [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }
at_least() { installed "$1" && dpkg --compare-versions "$(dpkg-query -W -f '${Version}' "$1")" ge "$2"; }

lacking() {
  local name
  for name in "$@"; do installed "$name" || echo "$name"; done
}

hypervisor_complete() {
  [ -z "$(lacking "${hypervisor[@]}")" ] && at_least libvirt-daemon-system 11 && at_least qemu-system-x86 1:10
}

work=$(mktemp -d)
policy=/usr/sbin/policy-rc.d
made_policy=
tidy() {
  rm -rf "$work"
  [ -z "$made_policy" ] || rm -f "$policy"
}
trap tidy EXIT

# What apt says is kept back unless it fails: then it is the reason.
quietly() {
  if ! "$@" >"$work/log" 2>&1; then
    tail -n 30 "$work/log" >&2
    die "failed: $*"
  fi
}

updated=
update() {
  [ -z "$updated" ] || return 0
  say 'reading the package lists'
  quietly apt-get "${patient[@]}" update
  updated=yes
}

# While this file says no, packages' scripts start no daemon (Debian policy 9.3.3.2: exit 101 = forbidden).
forbid_services() {
  [ -e "$policy" ] && return 0
  made_policy=yes
  printf '#!/bin/sh\nexit 101\n' >"$policy"
  chmod 755 "$policy"
}

# The backports source is the machine's own entry for the release with another suite; keys and options stay as they are.
enable_backports() {
  local entry file derived=/etc/apt/sources.list.d/$backports
  [ -z "$(apt-get indextargets --format '$(SITE)' 'Created-By: Packages' "Release: $backports")" ] || return 0
  entry=$(apt-get indextargets --format '$(SOURCESENTRY)' 'Created-By: Packages' "Release: $release" 'Component: main' |
    head -n 1)
  [ -n "$entry" ] || die "apt knows no source of $release main to derive $backports from (see /etc/apt/sources.list.d)"
  file=${entry%:*}
  case $file in
    *.sources) # deb822: one stanza per paragraph
      derived+=.sources
      sed '/^#/d' "$file" | awk -v RS= -v ORS='\n\n' -v suite="$release" -v other="$backports" '
        match($0, /(^|\n)Suites:[^\n]*/) {
          line = substr($0, RSTART, RLENGTH)
          if ((line " ") !~ ("[: ]" suite " ")) next
          sub(/Suites:.*/, "Suites: " other, line)
          print substr($0, 1, RSTART - 1) line substr($0, RSTART + RLENGTH)
          exit
        }' >"$work/source" ;;
    *) # one entry per line: deb [options] uri suite components
      derived+=.list
      awk -v suite="$release" -v other="$backports" '
        $1 == "deb" { for (i = 3; i <= NF; i++) if ($i == suite) { $i = other; print; exit } }' "$file" >"$work/source" ;;
  esac
  [ -s "$work/source" ] || die "cannot derive $backports from $file: add a source of it to apt by hand"
  install -m 644 "$work/source" "$derived"
  say "added $derived"
  updated=
}

apt_install() {
  forbid_services
  quietly apt-get install -y --no-install-recommends -o Dpkg::Options::=--force-confnew "${patient[@]}" "$@"
}

install_hypervisor() {
  hypervisor_complete && return 0
  enable_backports
  update
  say 'installing libvirt and QEMU'
  apt_install -t "$backports" "${hypervisor[@]}"
  hypervisor_complete || die "$backports has no libvirt ≥ 11 and QEMU ≥ 10: $(
    dpkg-query -W -f '${Package} ${Version}; ' libvirt-daemon-system qemu-system-x86)"
}

install_tools() {
  local names
  mapfile -t names < <(lacking "${tools[@]}")
  [ ${#names[@]} -gt 0 ] || return 0
  update
  say "installing ${names[*]}"
  # From the release; but where libvirt brought libraries of backports already, what goes with them is there.
  if apt-get install -s --no-install-recommends "${names[@]}" >"$work/log" 2>&1; then
    apt_install "${names[@]}"
  else
    enable_backports
    update
    apt_install -t "$backports" "${names[@]}"
  fi
}

# Unpacks PACKAGE into FOLDER of the cache without installing it; all or nothing. FOLDER/package says what it is.
unpack() {
  local package=$1 folder=$2
  update
  say "unpacking $package"
  mkdir -p "$work/$folder" "$cache"
  (cd "$work/$folder" && chmod 777 . && quietly apt-get "${patient[@]}" download "$package")
  quietly dpkg-deb -x "$work/$folder"/*.deb "$work/$folder/root"
  dpkg-deb -W "$work/$folder"/*.deb >"$work/$folder/root/package"
  rm -rf "${cache:?}/$folder.new" "${cache:?}/$folder"
  cp -a "$work/$folder/root" "$cache/$folder.new"
  mv "$cache/$folder.new" "$cache/$folder"
}

# The kernel that guests boot. What is in the cache is kept, also when a newer one is published.
fetch_kernel() {
  [ -e "$cache/kernel/vmlinuz" ] && return 0
  update
  local package
  package=$(apt-cache depends linux-image-cloud-amd64 | sed -n 's/^ *Depends: \(linux-image-[0-9].*\)$/\1/p' | head -n 1)
  [ -n "$package" ] || die 'linux-image-cloud-amd64 names no kernel package'
  unpack "$package" kernel
  (cd "$cache/kernel" && ln -sf boot/vmlinuz-* vmlinuz)
  [ -e "$cache/kernel/vmlinuz" ] || die "$package holds no boot/vmlinuz-*"
}

fetch_influxd() {
  if [ ! -x "$cache/influxdb/usr/bin/influxd" ]; then
    unpack influxdb influxdb
    [ -x "$cache/influxdb/usr/bin/influxd" ] || die 'package influxdb holds no usr/bin/influxd'
  fi
  command -v influxd >/dev/null || ln -sf "$cache/influxdb/usr/bin/influxd" /usr/local/bin/influxd
}

# memlab judges the reader of heap snapshots. Its browser is not needed, so no package's script runs.
fetch_memlab() {
  local version=2.0.5 package=node_modules/@memlab/heap-analysis/package.json
  grep -qs "\"version\": \"$version\"" "$cache/memlab/$package" && return 0
  say "fetching memlab $version"
  rm -rf "${cache:?}/memlab.new" "${cache:?}/memlab"
  PUPPETEER_SKIP_DOWNLOAD=1 quietly npm install --prefix "$cache/memlab.new" --ignore-scripts --no-audit --no-fund \
    "@memlab/heap-analysis@$version"
  mv "$cache/memlab.new" "$cache/memlab"
}

# The tools first: from the release they need its own libraries, which the hypervisor then takes along to backports.
install_tools
install_hypervisor
fetch_kernel
fetch_influxd
fetch_memlab
say "ready: libvirt $(dpkg-query -W -f '${Version}' libvirt-daemon-system), QEMU $(
  dpkg-query -W -f '${Version}' qemu-system-x86), guest kernel $(cut -f 1 "$cache/kernel/package")"
