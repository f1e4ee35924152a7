import { mkdtemp, rm } from 'node:fs/promises';
import { flushCompileCache } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import packageFile from '../package.json' with { type: 'json' };
import { exitCodeOf } from './cli/exit-codes.ts';
import { describeError, runProgram } from './cli/program.ts';
import {
  type Config,
  configFileOf,
  describeSettings,
  isSecret,
  isSetting,
  mergeVariables,
  readClientConfig,
  readConfig,
  retiredVariables,
  type Setting,
  sizeThreadPool,
} from './config.ts';
import { type ConfigFile, readConfigFile, usualConfigFile } from './config-file.ts';
import { isMemoirError } from './domain/memoir-error.ts';

// The process: runs a command. The server is one of them: it says where it is, and ends when asked; a second signal ends it at
// once.

const say = (text: string) => void process.stdout.write(text);
const complain = (text: string) => void process.stderr.write(text);

/** The file that `--config` names, before the command line itself is read: what it sets are defaults of the commands. */
function namedConfigFile(args: readonly string[]): string | null {
  for (const [index, arg] of args.entries()) {
    if (arg === '--') break;
    if (arg === '--config') return args[index + 1] ?? null;
    if (arg.startsWith('--config=')) return arg.slice('--config='.length);
  }
  return configFileOf();
}

const configFile = (): ConfigFile => readConfigFile(namedConfigFile(process.argv.slice(2)), isSetting, isSecret);
const serverConfig = (): Config => readConfig(mergeVariables(configFile().values));

/** For commands that need no settings: a file with a mistake in it keeps nobody from asking for help. */
function clientConfig() {
  try {
    return readClientConfig(mergeVariables(configFile().values));
  } catch (error) {
    if (!isMemoirError(error)) throw error;
    return readClientConfig();
  }
}

/** The settings as they are, and what is wrong with them. */
function shownConfig() {
  let file: ConfigFile;
  try {
    file = configFile();
  } catch (error) {
    if (!isMemoirError(error)) throw error;
    file = { path: namedConfigFile(process.argv.slice(2)) ?? usualConfigFile, values: null, warnings: [] };
    return {
      file: { path: file.path, found: true },
      warnings: [],
      fault: error.message,
      settings: describeSettings(null),
    };
  }
  const { path, values, warnings } = file;
  const settings = describeSettings(values);
  const fault = faultOf(() => readConfig(mergeVariables(values)));
  return { file: { path, found: values !== null }, warnings, fault, settings };
}

function faultOf(work: () => unknown): string | null {
  try {
    work();
    return null;
  } catch (error) {
    if (!isMemoirError(error)) throw error;
    return error.message;
  }
}

/** What SIGHUP changes, said in sentences; a file that is not usable changes nothing. */
function reload(before: readonly Setting[], apply: (config: Config) => void): readonly Setting[] {
  try {
    const { values } = configFile();
    const config = readConfig(mergeVariables(values));
    const after = describeSettings(values);
    const changed = after.filter(
      ({ name, value }, index) => before[index]?.name !== name || before[index]?.value !== value,
    );
    apply(config);
    const sentence = ({ name, value, reloads }: Setting) =>
      reloads ? `${name} is ${value ?? 'not set'} now` : `${name} changed: restart the server for that`;
    complain(`SIGHUP: ${changed.length === 0 ? 'no setting has changed' : changed.map(sentence).join('; ')}\n`);
    return after;
  } catch (error) {
    if (!isMemoirError(error)) throw error;
    complain(`SIGHUP: nothing changes: ${describeError(error)}`);
    return before;
  }
}

/** A token on standard input; null for a terminal, where nobody is asked, and for nothing. */
async function readToken(): Promise<string | null> {
  if (process.stdin.isTTY) return null;
  let text = '';
  for await (const chunk of process.stdin) {
    text += chunk;
    if (text.length > 4096) break;
  }
  return text.trim() || null;
}

function endWithReader(): void {
  process.exit(0);
}

async function serve(): Promise<void> {
  // A server outlives whoever reads its output.
  process.stdout.off('error', endWithReader).on('error', () => undefined);
  process.stderr.on('error', () => undefined);
  // Before anything of it is used: Node makes these threads once, at the first file or frame.
  sizeThreadPool();
  const file = configFile();
  const config = readConfig(mergeVariables(file.values));
  for (const warning of file.warnings) complain(`${warning}\n`);
  // Loaded only here: every other command, and a start that its settings forbid, goes without the server's code.
  const { createApp } = await import('./app.ts');
  const app = await createApp(config, { signal: leaving.signal });
  const { url } = await app.listen().catch(async (error: unknown) => {
    await app.close();
    throw error;
  });
  // What was compiled for this start is there for the next one, however this one ends (see NODE_COMPILE_CACHE).
  flushCompileCache();
  for (const sentence of retiredVariables()) complain(`${sentence}\n`);
  const { kind } = app.services.hypervisor;
  say(`Memoir listens on ${url}\n`);
  if (kind === 'demo') {
    const why = config.libvirtUri === null ? 'no hypervisor was found; ' : '';
    say(`DEMO: ${why}the machines are simulated. Set LIBVIRT_URI to use a real one.\n`);
  }

  if (await app.services.info.isReindexAdvised())
    say('The catalogue is empty, but there are artifacts: `memoir reindex` brings them back.\n');

  let settings: readonly Setting[] = describeSettings(file.values);
  process.on('SIGHUP', () => {
    settings = reload(settings, app.reload);
  });

  const stop = (signal: string) => {
    complain(`${signal}: stopping; once more to stop at once\n`);
    app.close().then(
      () => process.exit(0),
      (error) => {
        complain(`stopping failed: ${error}\n`);
        process.exit(1);
      },
    );
  };
  if (leaving.signal.aborted) stop(leaving.signal.reason);
  else leaving.signal.addEventListener('abort', () => stop(leaving.signal.reason));
}

/** A server for one command: it listens on a port of its choice, keeps what it makes in a temporary folder, and says nothing. */
async function ownServer() {
  const { createApp } = await import('./app.ts');
  const folder = await mkdtemp(join(tmpdir(), 'memoir-'));
  const variables = { DATA_DIR: folder, PORT: '0', LIBVIRT_URI: 'demo:///', LOG_LEVEL: 'silent' };
  try {
    const app = await createApp(readConfig(variables));
    const { url } = await app.listen();
    const close = async () => {
      await app.close();
      await rm(folder, { recursive: true, force: true });
    };
    return { url, close };
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

const leaving = new AbortController();
const leave = (signal: NodeJS.Signals) => {
  if (leaving.signal.aborted) process.exit(1);
  leaving.abort(signal);
};
process.on('SIGTERM', leave).on('SIGINT', leave);
// Whoever reads the output may leave first (`memoir records | head`).
process.stdout.on('error', endWithReader);

try {
  const code = await runProgram(process.argv.slice(2), {
    ...clientConfig(),
    version: packageFile.version,
    signal: leaving.signal,
    terminal: process.stdout.isTTY,
    get columns() {
      return process.stderr.isTTY ? process.stderr.columns : null;
    },
    out: say,
    tell: complain,
    localTokens: {
      create: async (request) =>
        (await import('./access/local-token.ts')).createLocalToken(serverConfig().dataDir, request),
    },
    artifactFiles: {
      verify: async (...args) => (await import('./dumps/artifact-file.ts')).verifyFile(...args),
      inspect: async (...args) => (await import('./dumps/artifact-file.ts')).inspectFile(...args),
      extract: async (...args) => (await import('./dumps/artifact-file.ts')).extractFile(...args),
    },
    backup: {
      create: async (folder) => (await import('./backup.ts')).createBackup(serverConfig(), folder),
    },
    doctor: { examine: async (server) => (await import('./doctor/examine.ts')).examineHere(serverConfig(), server) },
    config: shownConfig,
    readToken,
    serve,
    ownServer,
  });
  if (code !== null) process.exitCode = code;
} catch (error) {
  // Asked to leave before the server was up: what was opened until then is closed again.
  if (leaving.signal.aborted && isMemoirError(error, 'SHUTTING_DOWN')) process.exit(0);
  if (!isMemoirError(error)) throw error;
  complain(describeError(error));
  process.exit(exitCodeOf(error.code));
}
