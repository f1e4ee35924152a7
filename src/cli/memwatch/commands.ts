import { writeHeapSnapshot } from 'node:v8';
import { type Command, InvalidArgumentError } from 'commander';
import { MemoirError } from '../../domain/memoir-error.ts';
import type { Console } from '../console.ts';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import { CliCaptureHeapDocument, CliHeapTargetsDocument } from '../generated/graphql.ts';
import { followCapture } from '../heap/heap-progress.ts';
import { heapOpen } from '../heap/open.ts';
import { type MemwatchOptions, memwatchCapture } from './capture.ts';

type Run = (console: Console, url: string) => Promise<ExitCode>;

/** What the old tool's environment says. */
export interface MemwatchDefaults {
  readonly dashboardUrl: string | null;
  readonly strategy: string | null;
  readonly sessionId: string | null;
}

interface MemwatchProgram {
  readonly withOwnServer: (run: Run) => () => Promise<void>;
  readonly defaults: MemwatchDefaults;
  readonly token: string | null;
}

/** `zupee-memwatch …`: the old tool's commands, which need no server; the heap is the service's own, not that of a new process. */
export function addMemwatchCommands(program: Command, { withOwnServer, defaults, token }: MemwatchProgram): void {
  const memwatch = program.command('zupee-memwatch', { hidden: true }).description('the old memwatch tool’s commands');
  const capture = memwatch
    .command('capture')
    .description('capture a service in a container before and after a wait')
    .requiredOption('--container-id <id>', 'the container; with k8s the pod, or pod/container')
    .requiredOption('--timeframe <minutes>', 'minutes between the two snapshots', toMinutes)
    .option('--strategy <strategy>', 'docker or k8s', defaults.strategy ?? 'docker')
    .option('--service-name <name>', 'what the service is called')
    .option('--namespace <name>', 'of a pod');
  if (defaults.dashboardUrl === null) capture.option('--dashboard-url <url>', 'where to upload both');
  else capture.option('--dashboard-url <url>', 'where to upload both', defaults.dashboardUrl);
  capture.action((options: MemwatchOptions) =>
    withOwnServer((console, url) => memwatchCapture(console, { url, token, sessionId: defaults.sessionId }, options))(),
  );
  memwatch
    .command('snapshot')
    .description('write the heap of this tool itself to a file')
    .requiredOption('--output <file>', 'where to')
    .action(({ output }: { output: string }) => {
      writeHeapSnapshot(output);
    });
  memwatch
    .command('internal-snapshot')
    .description('inside of a container: write the heap of its service to a file')
    .requiredOption('--file <file>', 'where to')
    .action(({ file }: { file: string }) => withOwnServer((console, url) => internalSnapshot(console, url, file))());
  memwatch
    .command('analyze')
    .description('was part of version 1')
    .allowUnknownOption()
    .allowExcessArguments()
    .action(() => {
      throw new MemoirError('BAD_INPUT', 'analyze is no longer part of this command', {
        hint: 'Compare snapshots on the screen Heaps, or with memoir heap diff.',
      });
    });
}

/** The service is the first process, or else the only one that is Node.js. */
async function internalSnapshot(console: Console, url: string, file: string): Promise<ExitCode> {
  const { heapTargets } = await console.client.ask(CliHeapTargetsDocument, {});
  const here = (heapTargets?.targets ?? []).filter(({ id }) => id.startsWith('process:'));
  const target = here.find(({ pid }) => pid === 1) ?? (here.length === 1 ? here[0] : undefined);
  if (target === undefined) {
    throw new MemoirError('BAD_INPUT', `${here.length} Node.js processes run here: use memoir heap capture`);
  }
  const input = {
    target: target.id,
    service: null,
    waitsSec: [],
    force: false,
    thread: null,
    redact: null,
    idempotencyKey: null,
  };
  const started = (await console.client.ask(CliCaptureHeapDocument, { input })).captureHeap.operation;
  const operation = await followCapture(console, started.id);
  const capture = operation != null && 'captures' in operation ? operation.captures[0] : undefined;
  if (capture === undefined)
    throw new MemoirError('CAPTURE_FAILED', operation?.error?.message ?? 'nothing was captured');
  return (await heapOpen(console, { url, token: null }, capture.id, { output: file })) ?? exitCodes.done;
}

function toMinutes(text: string): number {
  const minutes = Number(text);
  if (text.trim() === '' || !(minutes >= 0)) throw new InvalidArgumentError('must be a number of minutes');
  return minutes;
}
