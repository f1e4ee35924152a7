#!/usr/bin/env bash
# Installs, runs, upgrades, removes and purges the package DEB in this machine's own root below an overlay, in a mount namespace of its own: nothing
# of it is left. Prints a line `step …` for each.
set -euo pipefail
deb=$1
mount --make-rprivate /
work=$(mktemp -d /dev/shm/memoir-chroot-XXXXXX)
mount -t tmpfs -o size=3g tmpfs "$work"
mkdir "$work/upper" "$work/work" "$work/root"
mount -t overlay overlay -o "lowerdir=/,upperdir=$work/upper,workdir=$work/work" "$work/root"
root=$work/root
mount -t proc proc "$root/proc"
mount --bind /dev "$root/dev"
mount -t tmpfs tmpfs "$root/run"
mount -t tmpfs tmpfs "$root/tmp"
cp "$deb" "$root/tmp/memoir.deb"
in_root() { run chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive "$@"; }
run() { "$@"; }
mode() { in_root stat -c %a "$1"; }

in_root dpkg -i /tmp/memoir.deb >&2
echo "step installed: conf $(mode /etc/memoir/memoir.conf), data $(mode /var/lib/memoir), user $(in_root id -un memoir)"
said=$(in_root systemd-analyze verify --man=no --recursive-errors=no /lib/systemd/system/memoir.service 2>&1 || true)
[ -z "$said" ] && echo 'step unit: understood' || echo "step unit: $said"
in_root systemd-analyze security --offline=yes --no-pager /lib/systemd/system/memoir.service 2>/dev/null | tail -n 1 >&2 || true

# As the unit would: its command, its capabilities, its umask.
unit=$root/lib/systemd/system/memoir.service
command=$(sed -n 's/^ExecStart=//p' "$unit")
bounds=-all$(sed -n 's/^CapabilityBoundingSet=//p' "$unit" | tr ' ' '\n' | sed 's/^CAP_/,+/' | tr 'A-Z' 'a-z' | tr -d '\n')
echo 'LIBVIRT_URI=demo:///
DEMO_SPEED=0
PORT=4987' >>"$root/etc/memoir/memoir.conf"
serve() {
  # In place of the shell that starts it: the signal is for the server.
  (run() { exec "$@"; }; in_root sh -c "umask 0077; cd /usr/lib/memoir && exec setpriv --no-new-privs --bounding-set=$bounds $command") >"$work/said" 2>&1 &
  server=$!
  for _ in $(seq 600); do grep -q 'listens on' "$work/said" && return 0; kill -0 $server || break; sleep 0.1; done
  cat "$work/said" >&2
  return 1
}
serve
state=$(in_root memoir --json --quiet dump web-01 --watch | grep -o '"state": "[A-Z]*"' | tail -n 1 | cut -d '"' -f 4)
echo "step serves: $state with the unit’s capabilities"
kill -TERM $server; wait $server || true

before=$(in_root sh -c 'cat /var/lib/memoir/node-id')
in_root sh -c 'mkdir /tmp/new && dpkg-deb -R /tmp/memoir.deb /tmp/new && sed -i "s/^Version: .*/&.1/" /tmp/new/DEBIAN/control && dpkg-deb --root-owner-group -Znone --build /tmp/new /tmp/newer.deb && rm -r /tmp/new' >&2
in_root dpkg -i /tmp/newer.deb >&2
serve
found=$(in_root memoir --json --quiet dumps | grep -c '"state": "COMPLETED"')
kill -TERM $server; wait $server || true
[ "$(in_root cat /var/lib/memoir/node-id)" = "$before" ] && [ "$found" = 1 ] && kept=kept || kept=lost
grep -q 4987 "$root/etc/memoir/memoir.conf" && settings=kept || settings=lost
echo "step upgraded: settings $settings, database $kept"

there() { [ -e "$root$1" ] && echo kept || echo gone; }
in_root dpkg -r memoir >&2
echo "step removed: settings $(there /etc/memoir/memoir.conf), command $(there /usr/bin/memoir)"
in_root dpkg -P memoir >&2
in_root id memoir >/dev/null 2>&1 && user=there || user=gone
echo "step purged: settings $(there /etc/memoir), images $(there /var/lib/memoir/dumps), database $(there /var/lib/memoir/memoir.sqlite), user $user"
