// Long: every command with its options, in one list that reads like the manual.
import { Command, CommanderError } from 'commander';
import { isMemoirError, MemoirError } from '../domain/memoir-error.ts';
import type { ArtifactFiles } from './artifact-files.ts';
import { createClient, Unreachable } from './client.ts';
import { listArtifacts, type RemoveArtifactsOptions, removeArtifacts } from './commands/artifacts.ts';
import type { Backup } from './commands/backup.ts';
import { complete, printCompletion } from './commands/completion.ts';
import type { ShownConfig } from './commands/config.ts';
import { type DoctorOptions, examine, type HostDoctor } from './commands/doctor.ts';
import { type CreateTokenOptions, createToken, type LocalTokens, listTokens, revokeToken } from './commands/token.ts';
import { listVms, type VmsOptions } from './commands/vms.ts';
import { type WatchOptions, watch } from './commands/watch.ts';
import type { Console } from './console.ts';
import { Contexts } from './contexts.ts';
import { addDumpCommands } from './dump-commands.ts';
import { addExamples } from './examples.ts';
import { type ExitCode, exitCodeOf, exitCodes } from './exit-codes.ts';
import { addHeapCommands } from './heap/commands.ts';
import { addHostCommands } from './host-commands.ts';
import { addMemwatchCommands, type MemwatchDefaults } from './memwatch/commands.ts';
import { addNotificationCommands } from './notification-commands.ts';
import { addScheduleCommands } from './schedule-commands.ts';
import { plain } from './text.ts';
import { Left } from './until-complete.ts';
import { addVolumeCommands } from './volume/commands.ts';

/** What the process gives to the command line. */
export interface Host {
  readonly version: string;
  /** Where the server is, and what to show it, unless an option says otherwise. */
  readonly url: string;
  /** Whether a person named that address; else the context in use does. */
  readonly isUrlSet: boolean;
  readonly token: string | null;
  /** Where this user's contexts are kept. */
  readonly configFolder: string;
  /** What the old memwatch tool was told by its environment. */
  readonly memwatch: MemwatchDefaults;
  readonly signal: AbortSignal;
  readonly columns: number | null;
  readonly terminal: boolean;
  out(text: string): void;
  tell(text: string): void;
  /** Starts a server that nobody else knows, with an empty folder of its own; closing it removes both. */
  ownServer(): Promise<{ readonly url: string; close(): Promise<void> }>;
  /** Artifacts as files of this machine. */
  readonly artifactFiles: ArtifactFiles;
  readonly backup: Backup;
  readonly doctor: HostDoctor;
  /** The settings that a server on this machine would have. */
  config(): ShownConfig;
  /** What is given on standard input, as a token; null for a terminal and for nothing. */
  readToken(): Promise<string | null>;
  /** Tokens made in this machine's data folder. */
  readonly localTokens: LocalTokens;
  /** Runs the server; resolves when it is up. */
  serve(): Promise<void>;
}

type Run = (console: Console) => Promise<ExitCode>;

/** Runs one command and answers how it ended; null if it goes on (`serve`). */
export async function runProgram(args: readonly string[], host: Host): Promise<ExitCode | null> {
  let result: ExitCode | null = exitCodes.done;
  const program = createProgram(host, (end) => {
    result = end;
  });
  try {
    await program.parseAsync(args, { from: 'user' });
    return result;
  } catch (error) {
    return explain(error, host);
  }
}

/** Every command, with its options and what it does; `ended` is told how the one that runs ends. */
export function createProgram(host: Host, ended: (result: ExitCode | null) => void): Command {
  const program = new Command('memoir')
    .description('Captures the memory of running machines.')
    .version(host.version)
    .option('--url <url>', 'where the server is')
    .option('--json', 'results as JSON, for programs')
    .option('--quiet', 'results and errors only: no progress, no notes')
    .option('--config <file>', 'settings of a server on this machine; default is /etc/memoir/memoir.conf')
    .exitOverride()
    .configureOutput({ writeOut: host.out, writeErr: host.tell });

  interface Given {
    readonly url?: string;
    readonly json?: boolean;
    readonly quiet?: boolean;
  }
  const contexts = new Contexts(host.configFolder);
  /** A token goes to the address that it was given for: a context's to its server, and the environment's to the one that is named. */
  const server = () => {
    const { url } = program.opts<Given>();
    if (url !== undefined) checkAddress(url);
    const context = url === undefined && host.isUrlSet ? null : contexts.current();
    if (url === undefined && context !== null) return { url: context.url, token: host.token ?? context.token };
    const chosen = url ?? host.url;
    const isSame = context !== null && URL.parse(chosen)?.origin === context.url;
    return { url: chosen, token: host.token ?? (isSame ? context.token : null) };
  };
  const consoleFor = (url: string, token: string | null): Console => {
    const { json = false, quiet = false } = program.opts<Given>();
    const { out, tell, signal, terminal } = host;
    return {
      client: createClient(url, token),
      out,
      tell,
      note: quiet ? () => undefined : tell,
      signal,
      terminal,
      // Asked for each time: windows are resized.
      get columns() {
        return quiet ? null : host.columns;
      },
      json,
      quiet,
    };
  };
  const remote = (run: Run) => async () => {
    const { url, token } = server();
    checkAddress(url);
    ended(await run(consoleFor(url, token)));
  };
  const local = (run: Run) => async () => ended(await run(consoleFor(host.url, null)));
  const withOwnServer = (run: (console: Console, url: string) => Promise<ExitCode>) => async () => {
    const own = await host.ownServer();
    try {
      ended(await run(consoleFor(own.url, null), own.url));
    } finally {
      await own.close();
    }
  };

  program
    .command('serve')
    .description('start the server')
    .action(async () => {
      await host.serve();
      ended(null);
    });
  program
    .command('vms')
    .description('list the machines')
    .option('--state <state>', 'only machines in this state')
    .option('--search <text>', 'only machines with this in their name, title or number')
    .action((options: VmsOptions) => remote((console) => listVms(console, options))());
  addDumpCommands(program, { remote, local, server, files: host.artifactFiles });
  program
    .command('watch')
    .description('follow the event log: no event is missed or repeated, across restarts')
    .option('--after <cursor>', 'resume after this event; 0 is the beginning; default is now')
    .option('--cursor-file <file>', 'store the cursor in this file')
    .option('--append <file>', 'add each event to this file as a line of JSON, exactly once, also across crashes')
    .option('--exec <command>', 'run this for each event, with the event as JSON on its standard input')
    .argument('[argument...]', 'arguments of that command, after --')
    .action((given: string[], options: WatchOptions) => remote((console) => watch(console, options, given))());
  const artifacts = program.command('artifacts').description('artifacts of which the server has no record');
  artifacts
    .command('list')
    .description('list them')
    .action(() => remote(listArtifacts)());
  artifacts
    .command('remove')
    .description('remove them for good')
    .option('--yes', 'without this, only say what would be removed')
    .action((options: RemoveArtifactsOptions) => remote((console) => removeArtifacts(console, options))());
  addVolumeCommands(program, remote);
  addScheduleCommands(program, remote);
  addHeapCommands(program, { remote, withOwnServer, server });
  addMemwatchCommands(program, { withOwnServer, defaults: host.memwatch, token: host.token });
  const token = program.command('token').alias('tokens').description('manage access tokens');
  token
    .command('create')
    .description('create a token and show it once')
    .argument('<name>', 'name of the token, as shown in the audit log')
    .requiredOption('--role <role>', 'viewer, operator or admin')
    .option('--expires <time>', 'when it expires')
    .option('--local', 'write it into DATA_DIR itself, past the server: the way back in')
    .action((name: string, options: CreateTokenOptions) =>
      remote((console) => createToken(console, host.localTokens, name, options))(),
    );
  token
    .command('list')
    .description('list tokens')
    .action(() => remote(listTokens)());
  token
    .command('revoke')
    .description('revoke a token')
    .argument('<token>', 'name or id')
    .action((one: string) => remote((console) => revokeToken(console, one))());
  program
    .command('doctor')
    .description('check the setup and say how to fix problems: of the server, and of this machine')
    .option('--fix', 'apply harmless fixes: create missing folders, close folders that are open to others')
    .action((options: DoctorOptions) => remote((console) => examine(console, server().url, host.doctor, options))());

  addNotificationCommands(program, remote);
  addHostCommands(program, {
    remote,
    local,
    contexts,
    token: host.readToken,
    config: host.config,
    backup: host.backup,
  });
  program
    .command('completion')
    .description('print the completion script of a shell')
    .argument('<shell>', 'bash, zsh or fish')
    .action((shell: string) => local(async (console) => printCompletion(console, shell))());
  program
    .command('complete', { hidden: true })
    .description('candidates for the last of the words, a line each')
    .argument('[word...]', 'what was typed after `memoir`')
    .action(async (words: string[]) => {
      const client = () => {
        const { url, token } = server();
        return createClient(url, token);
      };
      const found = await complete(program, words.length === 0 ? [''] : words, client);
      if (found.length > 0) host.out(`${found.join('\n')}\n`);
      ended(exitCodes.done);
    });
  addExamples(program);
  return program;
}

function explain(error: unknown, { tell }: Host): ExitCode {
  // Commander has said what is wrong; help and version are no errors.
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.done : exitCodes.usage;
  if (error instanceof Unreachable) {
    tell(`memoir: ${plain(error.message)}\n  Is the server running? --url or MEMOIR_URL says where it is.\n`);
    return exitCodes.unreachable;
  }
  if (error instanceof Left) {
    tell(`memoir: left; ${plain(error.message)}\n`);
    return exitCodes.interrupted;
  }
  // `main.ts` tells how a start ended that was broken off.
  if (!isMemoirError(error) || error.code === 'SHUTTING_DOWN') throw error;
  tell(describeError(error));
  return exitCodeOf(error.code);
}

/** What went wrong and what to do about it; lines of ours stay lines, whatever else is in them. */
export function describeError({ message, hint }: MemoirError): string {
  const lines = message.split('\n').map(plain);
  return `memoir: ${lines.join('\n')}\n  ${plain(hint)}\n`;
}

function checkAddress(url: string): void {
  if (['http:', 'https:'].includes(URL.parse(url)?.protocol ?? '')) return;
  throw new MemoirError('BAD_INPUT', `"${url}" is not the address of a server`, {
    hint: 'Set MEMOIR_URL or --url to an address such as http://127.0.0.1:4000.',
  });
}
