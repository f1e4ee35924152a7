import { mkdtemp, rm } from 'node:fs/promises';
import { flushCompileCache } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import packageFile from '../package.json' with { type: 'json' };
import { exitCodeOf } from './cli/exit-codes.ts';
import { describeError, runProgram } from './cli/program.ts';
import { readClientConfig, readConfig, retiredVariables, sizeThreadPool } from './config.ts';
import { isMemoirError } from './domain/memoir-error.ts';

// The process: runs a command. The server is one of them: it says where it is, and ends when asked; a second signal ends it at
// once.

const say = (text: string) => void process.stdout.write(text);
const complain = (text: string) => void process.stderr.write(text);

async function serve(): Promise<void> {
  // Before anything of it is used: Node makes these threads once, at the first file or frame.
  sizeThreadPool();
  // Loaded only here: every other command starts without the server's code.
  const { createApp } = await import('./app.ts');
  const config = readConfig();
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
process.stdout.on('error', () => process.exit(0));

try {
  const code = await runProgram(process.argv.slice(2), {
    ...readClientConfig(),
    version: packageFile.version,
    signal: leaving.signal,
    terminal: process.stdout.isTTY,
    columns: process.stderr.isTTY ? process.stderr.columns : null,
    out: say,
    tell: complain,
    localTokens: {
      create: async (request) =>
        (await import('./access/local-token.ts')).createLocalToken(readConfig().dataDir, request),
    },
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
