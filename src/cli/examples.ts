import type { Command } from 'commander';

/** What people type, by command; `--help` and docs/command-line.md show it. */
const examples: Readonly<Record<string, readonly (readonly [line: string, what: string])[]>> = {
  '': [
    ['memoir vms', 'which machines are there?'],
    ['memoir dump web-01 db-01 --watch', 'dump two of them, and wait'],
    ['memoir records --vm web-01', 'what was dumped?'],
    ['memoir doctor', 'what is wrong with the setup?'],
  ],
  schedules: [
    ['memoir schedules due --cron "30 2 * * 1-5" --zone Europe/Berlin', 'when would that be?'],
    ['memoir schedules add nightly --cron "30 2 * * *" --match "db-*" --spread 600', 'dump the databases every night'],
    ['memoir schedules pause nightly', 'not for now'],
  ],
  retention: [
    ['memoir retention', 'what would be removed?'],
    ['memoir retention --yes', 'remove it'],
  ],
  hold: [['memoir hold 0193f0c8-6a52-7c3e-9d41-2f8e5b7a1c60 --reason "case 7"', 'protect it from deletion']],
  serve: [
    ['memoir serve', 'with the environment and /etc/memoir/memoir.conf'],
    ['memoir --config ./memoir.conf serve', 'with another file'],
  ],
  vms: [['memoir vms --state running --search web', 'running machines with “web” in their names']],
  dump: [
    ['memoir dump web-01 --watch', 'dump one machine, and wait for it'],
    ['memoir dump --all --max-pause 100', 'all running ones, none of them paused for more than 100 ms'],
    ['memoir dump web-01 --key nightly-2026-11-21', 'safe to repeat: the key names one dump'],
  ],
  dumps: [
    ['memoir dumps --active', 'what is going on?'],
    ['memoir dumps --vm web-01 --state failed', 'what went wrong with web-01?'],
  ],
  show: [['memoir show 0193f0c8-6a52-7c3e-9d41-2f8e5b7a1c60', 'everything about one dump']],
  cancel: [['memoir --json dumps --active | jq -r .[].id | xargs memoir cancel', 'cancel everything that runs']],
  delete: [['memoir delete 0193f0c8-6a52-7c3e-9d41-2f8e5b7a1c60 --yes', 'delete its artifact; the record stays']],
  download: [
    ['memoir download 0193f0c8-6a52-7c3e-9d41-2f8e5b7a1c60', 'the artifact as it lies on disk'],
    ['memoir download 0193f0c8-6a52-7c3e-9d41-2f8e5b7a1c60 --image --output vm.elf', 'uncompressed'],
  ],
  verify: [
    ['memoir verify 0193f0c8-6a52-7c3e-9d41-2f8e5b7a1c60', 'the server reads the artifact back'],
    ['memoir verify ./web-01.elf.zst', 'a file here, with the manifest beside it; no server needed'],
  ],
  inspect: [['memoir inspect ./web-01.elf.zst', 'which machine, kernel and memory is that?']],
  extract: [['memoir extract ./web-01.elf.zst --output vm.elf', 'then: crash vmlinux vm.elf']],
  records: [
    ['memoir records --from 2026-11-01 --limit 1000 --csv > november.csv', 'a month for a spreadsheet'],
    ['memoir records sync --dry-run', 'what does InfluxDB lack?'],
  ],
  watch: [
    ['memoir watch --after 0 --append events.jsonl', 'the whole log as a file; started again, it goes on at its end'],
    ['memoir watch --cursor-file cursor --exec ./notify', 'run ./notify for each event, none missed across restarts'],
  ],
  hooks: [
    ['memoir hooks create ops https://example.com/memoir --severity warning', 'a webhook for what goes wrong'],
    ['memoir hooks create night ops@example.com --kind operation-failed --machines "db-*"', 'mail'],
    ['memoir hooks test ops', 'does it arrive?'],
    ['memoir hooks deliveries --state dead', 'what was given up?'],
  ],
  alerts: [['memoir alerts', 'what is wrong now?']],
  login: [
    ['memoir login https://memoir.example:4000 --name prod < token-file', 'keeps the token off the command line'],
  ],
  context: [
    ['memoir context', 'list the known servers'],
    ['memoir context prod', 'use that one from now on'],
  ],
  config: [['memoir config --changed', 'what differs from the defaults, and where is it set?']],
  backup: [['memoir backup /var/backups/memoir-$(date +%F)', 'a new folder; the server goes on']],
  doctor: [
    ['memoir doctor', 'checks this machine too, also if no server answers'],
    ['memoir doctor --fix', 'applies harmless fixes'],
  ],
  token: [
    ['memoir token create grafana --role viewer --expires 2027-01-31', 'shown once'],
    ['memoir token create back-in --role admin --local', 'when everyone is locked out'],
  ],
  'volume list': [
    ['memoir volume list --vm web-01', 'what is attached to web-01?'],
    ['memoir --json volume list --state available', 'what is attached to nothing, for a script'],
  ],
  'volume create': [
    ['memoir volume create data --size 20G', 'in the default pool or zone'],
    ['memoir volume create data --size 20G --zone fast --offering qcow2', 'elsewhere, of another kind'],
    ['memoir volume create data --size 20G --key host7-data', 'safe to repeat: the key names one volume'],
  ],
  'volume attach': [['memoir volume attach data web-01', 'prints the device where it is on this host']],
  'volume detach': [['memoir volume detach data web-01', 'refused if another machine has it']],
  'volume resize': [['memoir volume resize data 40G', 'volumes cannot shrink']],
  'volume format': [['memoir volume format vault --confirm vault', 'refused unless it is proven empty']],
  'volume import': [['memoir volume import daemon.sql', 'what mysqldump wrote; names what the provider contradicts']],
  'volume delete': [['memoir volume delete data', 'with its bytes; detach it first']],
  'volume device': [['dev=$(memoir volume device data)', 'verified now, or an error']],
  'volume export': [
    ['nbdcopy "$(memoir volume export data | tail -1)" copy.img', 'read-only, and read it'],
    ['memoir volume export data --remove', 'end the export'],
  ],
  'volume doctor': [['memoir volume doctor', 'exit code 1 if something differs']],
  completion: [
    ['memoir completion bash > /etc/bash_completion.d/memoir', 'for everybody on this machine'],
    ['memoir completion fish > ~/.config/fish/completions/memoir.fish', 'for you'],
  ],
};

export function examplesOf(command: string): readonly (readonly [string, string])[] {
  return examples[command] ?? [];
}

/** Says them below the help of each command. */
export function addExamples(program: Command): void {
  const add = (command: Command, name: string) => {
    const lines = examplesOf(name);
    const width = Math.max(0, ...lines.map(([line]) => line.length));
    // Long lines have what they do below them.
    const text = lines.map(([line, what]) =>
      width > 60 ? `  ${line}\n      ${what}` : `  ${line.padEnd(width)}  ${what}`,
    );
    if (text.length > 0) command.addHelpText('after', `\nExamples:\n${text.join('\n')}`);
  };
  add(program, '');
  for (const command of program.commands) {
    add(command, command.name());
    for (const inner of command.commands) add(inner, `${command.name()} ${inner.name()}`);
  }
}
