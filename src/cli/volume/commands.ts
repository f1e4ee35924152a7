import { type Command, Option } from 'commander';
import type { Console } from '../console.ts';
import type { ExitCode } from '../exit-codes.ts';
import { importVolumes } from './import.ts';
import {
  attachVolume,
  type CreateVolumeOptions,
  createVolume,
  deleteVolume,
  detachVolume,
  type ExportVolumeOptions,
  examineVolumes,
  exportVolume,
  formatVolume,
  type ListVolumesOptions,
  listVolumes,
  resizeVolume,
  showDevice,
  volumeStates,
} from './volumes.ts';

type Run = (console: Console) => Promise<ExitCode>;

const one = '<volume>';
const meant = 'its name or UUID';

/** `memoir volume …` */
export function addVolumeCommands(program: Command, remote: (run: Run) => () => Promise<void>): void {
  const volume = program.command('volume').description('manage block volumes');
  const command = (name: string, description: string) => volume.command(name).description(description);
  const state = new Option('--state <state>', 'only volumes in this state').choices(volumeStates);
  command('list', 'list the volumes')
    .addOption(state)
    .option('--vm <vm>', 'only volumes of this machine: its name or UUID')
    .action((options: ListVolumesOptions) => remote((console) => listVolumes(console, options))());
  command('create', 'create a volume')
    .argument('<name>', 'its name')
    .requiredOption('--size <size>', 'in bytes, or as 512M or 5G')
    .option('--zone <zone>', 'storage pool or zone')
    .option('--offering <offering>', 'format or disk offering')
    .option('--key <key>', 'idempotency key: repeating it starts nothing new')
    .action((name: string, options: CreateVolumeOptions) =>
      remote((console) => createVolume(console, name, options))(),
    );
  command('attach', 'attach a volume to a machine; prints its device where that is on this host')
    .argument(one, meant)
    .argument('<vm>', 'the machine’s name or UUID')
    .action((id: string, vm: string) => remote((console) => attachVolume(console, id, vm))());
  command('detach', 'detach a volume; done when the machine has released it')
    .argument(one, meant)
    .argument('[vm]', 'refused if another machine has it')
    .action((id: string, vm?: string) => remote((console) => detachVolume(console, id, vm))());
  command('resize', 'make a volume larger')
    .argument(one, meant)
    .argument('<size>', 'in bytes, or as 512M or 5G')
    .action((id: string, size: string) => remote((console) => resizeVolume(console, id, size))());
  command('format', 'make a file system on an attached volume that is proven empty')
    .argument(one, meant)
    .requiredOption('--confirm <name>', 'the volume’s name once more')
    .action((id: string, options: { confirm: string }) => remote((console) => formatVolume(console, id, options))());
  command('import', 'take over the volumes of the old volume daemon')
    .argument('<file>', 'what mysqldump wrote of its tables device_mappings and volume_operations')
    .action((file: string) => remote((console) => importVolumes(console, file))());
  command('delete', 'delete a volume with its bytes')
    .argument(one, meant)
    .action((id: string) => remote((console) => deleteVolume(console, id))());
  command('device', 'print the path of a volume’s device, verified now')
    .argument(one, meant)
    .action((id: string) => remote((console) => showDevice(console, id))());
  command('export', 'show a volume’s bytes over NBD, and print where')
    .argument(one, meant)
    .option('--writable', 'let clients write')
    .option('--remove', 'end the export')
    .action((id: string, options: ExportVolumeOptions) => remote((console) => exportVolume(console, id, options))());
  command('doctor', 'compare all volumes with provider and devices; exit code 1 if something is wrong').action(() =>
    remote(examineVolumes)(),
  );
}
