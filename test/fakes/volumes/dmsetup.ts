import { chmod, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { temporaryFolder } from '../../temporary-folder.ts';

/**
 * A dmsetup whose kernel is a folder: strict about what it is asked, as the real one of 1.02.185 (dmsetup(8)). A map is a file of its table;
 * `NAME.new` is a table that was loaded and not resumed, `NAME.open` stands for whoever has it open, and `held` lists numbers of devices
 * that something else holds.
 */
const script = (state: string): string => `#!/bin/sh
cd '${state}' || exit 1
echo "$*" >> calls
fail() { echo "device-mapper: $1 ioctl on $2 failed: $3" >&2; echo 'Command failed.' >&2; exit 1; }
table() { echo "$1" | grep -Eq '^0 [1-9][0-9]* linear [0-9]+:[0-9]+ 0$' || { echo "Invalid table: $1" >&2; exit 1; }; }
held() { grep -qx "$(echo "$1" | cut -d' ' -f4)" held 2>/dev/null; }
case "$1 $#" in
  'targets 1') echo 'striped          v1.6.0'; echo 'linear           v1.4.0' ;;
  'table 3')
    [ "$2 $3" = '--target linear' ] || exit 1
    [ -n "$(ls maps)" ] || { echo 'No devices found'; exit 0; }
    for map in maps/*; do case $map in *.new | *.open) ;; *) echo "\${map#maps/}: $(cat "$map")" ;; esac; done ;;
  'create 6')
    [ "$3 $5" = '--uuid --table' ] || exit 1
    table "$6"
    [ ! -e "maps/$2" ] || fail create "$2" 'Device or resource busy'
    ! held "$6" || fail reload "$2" 'Device or resource busy'
    echo "$6" > "maps/$2" ;;
  'reload 4')
    [ "$3" = --table ] && [ -e "maps/$2" ] || fail reload "$2" 'No such device or address'
    table "$4"
    echo "$4" > "maps/$2.new" ;;
  'resume 2')
    [ -e "maps/$2" ] || fail resume "$2" 'No such device or address'
    [ ! -e "maps/$2.new" ] || mv "maps/$2.new" "maps/$2" ;;
  'remove 2')
    [ -e "maps/$2" ] || fail remove "$2" 'No such device or address'
    [ ! -e "maps/$2.open" ] || fail remove "$2" 'Device or resource busy'
    rm "maps/$2" ;;
  *) echo "Unknown command: $*" >&2; exit 1 ;;
esac
`;

export async function fakeDmsetup() {
  const state = temporaryFolder();
  await mkdir(join(state, 'maps'));
  const program = join(state, 'dmsetup');
  await writeFile(program, script(state));
  await chmod(program, 0o755);
  return {
    program,
    fileOf: (map: string) => join(state, 'maps', map),
    holds: (rdev: string) => writeFile(join(state, 'held'), `${rdev}\n`),
    calls: async () => (await readFile(join(state, 'calls'), 'utf8')).trim().split('\n'),
    maps: async () =>
      Object.fromEntries(
        await Promise.all(
          (await readdir(join(state, 'maps'))).map(
            async (map) => [map, (await readFile(join(state, 'maps', map), 'utf8')).trim()] as const,
          ),
        ),
      ),
  };
}
