import type { CaptureMethod } from '../../../src/machines/capture.ts';
import { createLibvirtHypervisor } from '../../../src/machines/libvirt/hypervisor.ts';
import { InProcessReader } from '../../fakes/in-process-reader.ts';

// A server that is going to be killed: captures one machine again and again, and says when a capture has begun.
// Arguments: URI, state folder, folder for sockets, machine, method.

const [uri, stateFolder, meetingFolder, name, method] = process.argv.slice(2) as [
  string,
  string,
  string,
  string,
  string,
];
const hypervisor = await createLibvirtHypervisor({ uri, stateFolder, meetingFolders: [meetingFolder] });
const machine = await hypervisor.find(name);
if (machine === null) throw new Error(`no machine ${name}`);
for (;;) {
  const plan = await hypervisor.plan(machine, method as CaptureMethod);
  process.stdout.write('begins\n');
  await hypervisor.capture(plan, new InProcessReader(plan), new AbortController().signal);
}
