import { type Console, print } from '../console.ts';
import { exitCodes } from '../exit-codes.ts';
import { CliMachinesDocument } from '../generated/graphql.ts';
import { bytes, table } from '../text.ts';
import { readMachineState } from '../words.ts';

export interface VmsOptions {
  readonly state?: string;
  readonly search?: string;
}

export async function listVms(console: Console, { state, search }: VmsOptions) {
  const { vms } = await console.client.ask(CliMachinesDocument, {
    ...(state !== undefined && { state: readMachineState(state) }),
    ...(search !== undefined && { search }),
  });
  if (vms.some((vm) => vm.demo)) console.note('DEMO: these machines are simulated.\n');
  print(console, vms, () =>
    table(
      ['NAME', 'VMID', 'STATE', 'MEMORY', 'CPUS', 'DUMP', 'LAST DUMP'],
      vms.map((vm) => [
        vm.name,
        vm.vmid,
        vm.state,
        bytes(vm.memoryBytes),
        vm.vcpus,
        vm.activeDump?.state ?? null,
        vm.lastRecord?.time ?? null,
      ]),
    ),
  );
  return exitCodes.done;
}
