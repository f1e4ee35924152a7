import { parentPort } from 'node:worker_threads';
import type { DomainRef } from '../../src/libvirt/protocol/handles.ts';
import type { ReconnectingConnection } from '../../src/libvirt/reconnecting-connection.ts';
import type { DomainRecords } from '../../src/machines/libvirt/inventory/domain-records.ts';
import { MachineWatch } from '../../src/machines/libvirt/inventory/machine-watch.ts';

// For a thread of its own: a watch that is closed while it looks at one machine and another waits. Says `goes on` when the
// event loop turns afterwards; a loop that never ends would keep the thread from saying anything.

type Touch = (event: { domain: DomainRef; event: number }) => void;
let touch: Touch = () => undefined;
const link = {
  subscribe: async (name: string, listener: Touch) => {
    if (name === 'lifecycle') touch = listener;
  },
} as unknown as ReconnectingConnection;
const look = Promise.withResolvers<null>();
const looking = Promise.withResolvers<void>();
const records = {
  forget: () => undefined,
  one: () => {
    looking.resolve();
    return look.promise;
  },
} as unknown as DomainRecords;

const watch = new MachineWatch(link, records, () => undefined);
const domain = (uuid: string) => ({ uuid, name: uuid, id: 1 }) as unknown as DomainRef;
touch({ domain: domain('one'), event: 4 });
touch({ domain: domain('two'), event: 4 });
await looking.promise;
watch.close();
touch({ domain: domain('three'), event: 4 });
look.resolve(null);
setTimeout(() => parentPort?.postMessage('goes on'), 50);
