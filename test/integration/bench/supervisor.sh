#!/bin/sh
# Holds the private mount namespace of one bench, and ends all that runs in it.
#
#   unshare --mount --propagation private supervisor.sh BENCH [SYSTEM]
#
# BENCH has the folders run, lib, log, cache and etc, which become libvirt's own. SYSTEM, if given, is the root of another
# Debian (the old generation), in which the daemons are then run by chroot. Writes "ready", then waits for the end of its
# standard input: the other end belongs to the test, so a test that crashes ends its bench too.
set -eu
bench=$1
system=${2:-}

if [ -n "$system" ]; then
  mount --bind "$system" "$system"
  # The old system finds the devices, the processes and the bench's files where the new one has them.
  for shared in /proc /sys /dev /run "$(dirname "$bench")"; do
    mkdir -p "$system$shared"
    mount --rbind "$shared" "$system$shared"
  done
fi
for pair in run:/run/libvirt lib:/var/lib/libvirt log:/var/log/libvirt cache:/var/cache/libvirt etc:/etc/libvirt; do
  mkdir -p "$system${pair#*:}"
  mount --bind "$bench/${pair%%:*}" "$system${pair#*:}"
done
# No KVM in here, so that a guest is emulated the same way everywhere. It also has to look the same to whoever asks: where
# root may open it (libvirtd asks QEMU what it can as root) and QEMU's user may not, libvirt trusts no answer and asks QEMU
# anew at every turn, a minute for each start of a guest.
if [ -e "$system/dev/kvm" ]; then
  : >"$bench/no-kvm"
  chmod 000 "$bench/no-kvm"
  mount --bind "$bench/no-kvm" "$system/dev/kvm"
fi
echo ready
cat >/dev/null || true

# A process belongs to the bench if its mount table has one of the mounts above. That holds for QEMU too, which libvirt puts
# into a namespace of its own, made from this one, and under another parent.
others() {
  grep -lsE "/${bench##*/}/run [^ ]*/run/libvirt " /proc/[0-9]*/mountinfo | cut -d / -f 3 | grep -vx "$$" || true
}
# `others` itself shows up as a subshell that is gone by the time it is signalled.
rounds=0
while [ $rounds -lt 100 ]; do
  alive=
  for process in $(others); do
    kill -KILL "$process" 2>/dev/null && alive=yes
  done
  [ -n "$alive" ] || break
  rounds=$((rounds + 1))
  sleep 0.05
done
rm -rf --one-file-system "$bench"
