import { PullStream } from '../../async/pull-stream.ts';
import { MemoirError } from '../../domain/memoir-error.ts';
import type { Hypervisor } from '../../machines/hypervisor.ts';
import type { MachineChange } from '../../machines/machine.ts';

/** More machines than this with unread changes, and the reader is not reading: machines that come and go have ever new ids. */
const maxUnread = 10_000;

/** Changes of machines as a stream that keeps the latest change of each machine, however slowly it is read. */
export function watchMachines(hypervisor: Hypervisor): AsyncIterableIterator<MachineChange> {
  const unread = new Map<string, MachineChange>();
  const stream = new PullStream<MachineChange>(
    async () => {
      if (unread.size > maxUnread) throw new MemoirError('LIMIT_EXCEEDED', 'too many changes were left unread');
      for (const [id, change] of unread) {
        unread.delete(id);
        return { value: change };
      }
      return undefined;
    },
    () => unwatch(),
  );
  const unwatch = hypervisor.watch({
    machine(change) {
      if (unread.size > maxUnread) return;
      unread.set(change.type === 'GONE' ? change.id : change.machine.id, change);
      stream.knock();
    },
  });
  return stream;
}
