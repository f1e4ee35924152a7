import { flushCompileCache } from 'node:module';
import { createApp } from './app.ts';
import { readConfig } from './config.ts';
import { isMemoirError } from './domain/memoir-error.ts';

// The process: starts the server, says where it is, ends it when asked. A second signal ends it at once.

const say = (line: string) => process.stdout.write(`${line}\n`);
const complain = (line: string) => process.stderr.write(`${line}\n`);

try {
  const app = await createApp(readConfig());
  const { url } = await app.listen();
  // What was compiled for this start is there for the next one, however this one ends (see NODE_COMPILE_CACHE).
  flushCompileCache();
  const { kind } = app.services.hypervisor;
  say(`Memoir listens on ${url}`);
  if (kind === 'demo')
    say('DEMO: no hypervisor was found; the machines are simulated. Set LIBVIRT_URI to use a real one.');

  let stopping = false;
  const stop = (signal: NodeJS.Signals) => {
    if (stopping) process.exit(1);
    stopping = true;
    complain(`${signal}: stopping; once more to stop at once`);
    app.close().then(
      () => process.exit(0),
      (error) => {
        complain(`stopping failed: ${error}`);
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', stop).on('SIGINT', stop);
} catch (error) {
  if (!isMemoirError(error)) throw error;
  complain(`memoir: ${error.message}\n  ${error.hint}`);
  process.exit(2);
}
