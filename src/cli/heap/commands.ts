import { type Command, InvalidArgumentError } from 'commander';
import type { Console } from '../console.ts';
import type { ExitCode } from '../exit-codes.ts';
import { type CaptureOptions, heapCapture } from './capture.ts';
import { heapDemo } from './demo.ts';
import { type DiffOptions, heapDiff } from './diff.ts';
import { heapOpen, type OpenOptions } from './open.ts';
import { addPlaceOptions, type PlaceOptions } from './place.ts';
import { heapList, heapTargets } from './targets.ts';

type Run = (console: Console) => Promise<ExitCode>;
type Server = { readonly url: string; readonly token: string | null };

/** How the program runs a command against its server, and against one of its own that ends with it. */
export interface HeapProgram {
  readonly remote: (run: Run) => () => Promise<void>;
  readonly withOwnServer: (run: Run) => () => Promise<void>;
  readonly server: () => Server;
}

/** `memoir heap …` */
export function addHeapCommands(program: Command, { remote, withOwnServer, server }: HeapProgram): void {
  const heap = program.command('heap').description('capture heaps of Node.js processes, and find what leaks');
  addPlaceOptions(heap.command('targets'))
    .description('list the Node.js processes; for one, say what a capture would mean')
    .argument('[target]', 'id, pid or name')
    .action((target: string | undefined, options: PlaceOptions) =>
      remote((console) => heapTargets(console, target, options))(),
    );
  capturing(heap.command('capture').description('take one snapshot of a process')).action(
    (target: string | undefined, options: CaptureOptions) =>
      remote((console) => heapCapture(console, target, [], options))(),
  );
  capturing(heap.command('pair').description('take snapshots before and after a wait, and show what grew'))
    .option('--wait <seconds...>', 'seconds between a snapshot and the next', toSeconds, [180])
    .action((target: string | undefined, options: CaptureOptions & { wait: number[] }) =>
      remote((console) => heapCapture(console, target, options.wait, options))(),
    );
  heap
    .command('list')
    .description('list the stored snapshots')
    .option('--service <name>', 'only of this service')
    .action(({ service }: { service?: string }) => remote((console) => heapList(console, service))());
  heap
    .command('diff')
    .description('compare two snapshots, or the first and the last of a session')
    .argument('<before>', 'a snapshot, or a session')
    .argument('[after]', 'a later snapshot')
    .option('--search <text>', 'only classes with this in their name or script')
    .option('--limit <count>', 'how many classes', (text) => Number.parseInt(text, 10))
    .action((before: string, after: string | undefined, options: DiffOptions) =>
      remote((console) => heapDiff(console, before, after, options))(),
    );
  heap
    .command('open')
    .description('fetch a snapshot as a file for Chrome DevTools')
    .argument('<snapshot>', 'its id')
    .option('--output <file>', 'where to write it')
    .action((id: string, options: OpenOptions) => remote((console) => heapOpen(console, server(), id, options))());
  heap
    .command('demo')
    .description('start a process that leaks, capture it twice, and show what grew; needs no server')
    .option('--wait <seconds>', 'seconds between the two', Number, 5)
    .action(({ wait }: { wait: number }) => withOwnServer((console) => heapDemo(console, wait))());
}

function capturing(command: Command): Command {
  return addPlaceOptions(command)
    .argument('[target]', 'id, pid or name of the process; or --pod, or --selector')
    .option('--service <name>', 'what the service is called')
    .option('--thread <id>', 'a worker thread')
    .option('--force', 'even if the process may not survive it')
    .option('--redact', 'remove the contents of strings')
    .option('--key <key>', 'idempotency key: repeating it starts nothing new');
}

function toSeconds(text: string, earlier: number[]): number[] {
  const seconds = Number(text);
  if (!(seconds >= 0)) throw new InvalidArgumentError('must be a number of seconds');
  return earlier.length === 1 && earlier[0] === 180 ? [seconds] : [...earlier, seconds];
}
