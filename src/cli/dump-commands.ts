import type { Command } from 'commander';
import type { ArtifactFiles } from './artifact-files.ts';
import { extract, inspect, verifyFile } from './commands/artifact-file.ts';
import { type DownloadOptions, download } from './commands/download.ts';
import { type DumpOptions, dump } from './commands/dump.ts';
import { cancelDumps, type DumpsOptions, deleteDumps, listDumps, showDump } from './commands/dumps.ts';
import { listRecords, type RecordsOptions } from './commands/records.ts';
import { type SyncOptions, syncRecords } from './commands/records-sync.ts';
import { reindex } from './commands/reindex.ts';
import { verify } from './commands/verify.ts';
import type { Console } from './console.ts';
import type { ExitCode } from './exit-codes.ts';
import { toCount } from './option-values.ts';

type Run = (console: Console) => Promise<ExitCode>;

export interface DumpProgram {
  readonly remote: (run: Run) => () => Promise<void>;
  /** Without a server. */
  readonly local: (run: Run) => () => Promise<void>;
  readonly server: () => { readonly url: string; readonly token: string | null };
  readonly files: ArtifactFiles;
}

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Commands about dumps and their artifacts. */
export function addDumpCommands(program: Command, { remote, local, server, files }: DumpProgram): void {
  program
    .command('dump')
    .description('dump machines')
    .argument('[vm...]', 'names, numeric ids or UUIDs')
    .option('--all', 'all running machines')
    .option('--watch', 'follow the dumps until they finish')
    .option('--method <method>', 'auto, snapshot or core-dump')
    .option('--format <format>', 'elf or raw')
    .option('--compression <compression>', 'zstd, gzip or none')
    .option('--max-pause <ms>', 'the longest that a machine may be expected to stand still, in milliseconds', toCount)
    .option('--key <key>', 'idempotency key: repeating it starts nothing new')
    .action((vms: string[], options: DumpOptions) => remote((console) => dump(console, vms, options))());
  program
    .command('dumps')
    .description('list dumps in every state, newest first')
    .option('--vm <vm>', 'only of this machine: its name or UUID')
    .option('--state <state...>', 'only in these states: queued, running, completed, failed, cancelled, interrupted')
    .option('--active', 'only those that wait or run')
    .option('--limit <count>', 'how many at most', toCount, 50)
    .action((options: DumpsOptions) => remote((console) => listDumps(console, options))());
  program
    .command('show')
    .description('show one dump with its history')
    .argument('<dump>', 'id of the dump')
    .action((id: string) => remote((console) => showDump(console, id))());
  program
    .command('cancel')
    .description('cancel dumps that wait or run')
    .argument('<dump...>', 'ids of the dumps')
    .action((ids: string[]) => remote((console) => cancelDumps(console, ids))());
  program
    .command('delete')
    .description('delete the artifacts of dumps for good; the records stay')
    .argument('<dump...>', 'ids of the dumps')
    .option('--yes', 'do it; without this nothing is deleted')
    .action((ids: string[], { yes = false }: { yes?: boolean }) =>
      remote((console) => deleteDumps(console, ids, yes))(),
    );
  program
    .command('download')
    .description('fetch an artifact and compare it with its digest')
    .argument('<dump>', 'id of the dump')
    .option('--output <file>', 'where to write it')
    .option('--image', 'uncompressed')
    .action((id: string, options: DownloadOptions) => remote((console) => download(console, server(), id, options))());
  program
    .command('verify')
    .description('compare an artifact with its digests: a dump of the server, or a file on this machine')
    .argument('<dump>', 'id of the dump, or path of the file')
    .action((one: string) =>
      uuid.test(one)
        ? remote((console) => verify(console, one))()
        : local((console) => verifyFile(console, files, one))(),
    );
  program
    .command('inspect')
    .description('say what an artifact is: machine, kernel, memory ranges; needs no server')
    .argument('<file>', 'path of the artifact')
    .action((path: string) => local((console) => inspect(console, files, path))());
  program
    .command('extract')
    .description('write the uncompressed image of an artifact; needs no server')
    .argument('<file>', 'path of the artifact')
    .option('--output <file>', 'where to write it')
    .action((path: string, { output }: { output?: string }) =>
      local((console) => extract(console, files, path, output))(),
    );
  const records = program
    .command('records')
    .description('list finished dumps, newest first')
    .option('--vm <vm...>', 'only of these machines: names, numeric ids or UUIDs')
    .option('--search <text>', 'only with this in the name or hash')
    .option('--from <time>', 'only from this time on')
    .option('--until <time>', 'only before this time')
    .option('--limit <count>', 'how many at most', toCount, 50)
    .option('--csv', 'as CSV, with every column')
    .action((options: RecordsOptions) => remote((console) => listRecords(console, options))());
  records
    .command('sync')
    .description('give InfluxDB the records that it lacks, and the catalogue the points of other writers')
    .option('--dry-run', 'compare only, and say what would be done')
    .action((options: SyncOptions) => remote((console) => syncRecords(console, options))());
  program
    .command('reindex')
    .description('rebuild the catalogue from the manifests beside the artifacts')
    .action(() => remote(reindex)());
}
