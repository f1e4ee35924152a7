import { type Console, print } from '../console.ts';
import { exitCodes } from '../exit-codes.ts';
import { CliMachinesDocument, type MachineState } from '../generated/graphql.ts';
import { bytes, table } from '../text.ts';

export interface VmsOptions {
  readonly state?: string;
  readonly search?: string;
}

export async function listVms(console: Console, { state, search }: VmsOptions) {
  const { vms } = await console.client.ask(CliMachinesDocument, {
    // The server refuses a state that there is not, and names it.
    ...(state !== undefined && { state: state.toUpperCase() as MachineState }),
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
