import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { temporaryFolder } from '../temporary-folder.ts';

const quiet = {
  PATH: process.env.PATH,
  NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE,
  PORT: '0',
  LIBVIRT_URI: 'demo:///',
  LOG_LEVEL: 'error',
};

/** Runs the process with these arguments to its end. */
async function run(args: readonly string[], variables: Record<string, string>) {
  const child = spawn(process.execPath, ['src/main.ts', ...args], {
    env: { ...quiet, ...variables },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      output += chunk;
    });
  }
  const [code] = await once(child, 'close');
  return { code: code as number | null, output };
}

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

describe('a start that cannot be', () => {
  it.each([
    ['DATA_DIR is a file', { DATA_DIR: 'FILE' }, /^memoir: DATA_DIR=\S+ is not a folder\n {2}Set DATA_DIR/],
    ['DATA_DIR is below a file', { DATA_DIR: 'FILE/data' }, /^memoir: DATA_DIR=\S+ is not a folder\n/],
    [
      'DATA_DIR is on a read-only file system',
      { DATA_DIR: '/sys/memoir' },
      /^memoir: DATA_DIR=\/sys\/memoir .*\n {2}Set/,
    ],
    [
      'LIBVIRT_URI is no URI',
      { LIBVIRT_URI: 'garbage' },
      /^memoir: LIBVIRT_URI: "garbage" is not a URI\n {2}Use an addr/,
    ],
    [
      'two variables make no sense',
      { PORT: 'x', MAX_PARALLEL_DUMPS: '0' },
      /^memoir: the configuration is not usable:\n {2}PORT: .*\n {2}MAX_PARALLEL_DUMPS: .*\n {2}Correct/,
    ],
  ])('says why in a sentence, with a hint and exit code 2: %s', async (_, variables, expected) => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'file'), '');
    const set = Object.fromEntries(
      Object.entries(variables).map(([name, value]) => [name, value.replace('FILE', join(folder, 'file'))]),
    );
    const { code, output } = await run(['serve'], { DATA_DIR: join(folder, 'data'), ...set });
    expect(output).toMatch(expected);
    expect(output).not.toMatch(/\n\s+at |\\u000a/);
    expect(code).toBe(2);
  });

  it('names the port that is in use', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    onTestFinished(() => void other.close());
    const { port } = other.address() as { port: number };
    const { code, output } = await run(['serve'], { DATA_DIR: temporaryFolder(), PORT: String(port) });
    expect(output).toMatch(
      new RegExp(`^memoir: port ${port} of 127.0.0.1 is in use by another process\\n {2}Stop that`),
    );
    expect(code).toBe(2);
  });

  it('tells a command that the server’s address is none', async () => {
    const { code, output } = await run(['vms'], { MEMOIR_URL: 'nonsense' });
    expect(output).toMatch(/^memoir: "nonsense" is not the address of a server\n {2}Set MEMOIR_URL/);
    expect(code).toBe(2);
  });
});

it('a signal during the start ends it cleanly, whenever it comes', async () => {
  for (const afterMs of [150, 300, 450]) {
    const child = spawn(process.execPath, ['src/main.ts', 'serve'], {
      env: { ...quiet, DATA_DIR: temporaryFolder() },
      stdio: 'ignore',
    });
    onTestFinished(() => void child.kill('SIGKILL'));
    const timer = setTimeout(() => child.kill('SIGTERM'), afterMs);
    const [code, signal] = await once(child, 'exit');
    clearTimeout(timer);
    expect([code, signal], `after ${afterMs} ms`).toSatisfy(
      ([exit, by]) => exit === 0 || (exit === null && by === 'SIGTERM'),
    );
  }
}, 30_000);

it('a server calls a simulation that was asked for one, goes on when nobody reads its output any more, and still ends when it is asked to', async () => {
  const child = spawn(process.execPath, ['src/main.ts', 'serve'], {
    env: { ...quiet, LOG_LEVEL: 'info', DATA_DIR: temporaryFolder() },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  let output = '';
  const [url, kind] = await new Promise<string[]>((resolve) => {
    child.stdout.on('data', (chunk) => {
      output += chunk;
      const found = /listens on (\S+)\n.*?^(DEMO: .*?)\n/ms.exec(output);
      if (found !== null) resolve(found.slice(1));
    });
  });
  // Not for want of a hypervisor.
  expect(kind).toMatch(/^DEMO: the machines are simulated\./);
  child.stdout.destroy();
  child.stderr.destroy();
  const query = 'mutation { triggerDumps(input: { vms: ["web-01"] }) { accepted { id } } }';
  const headers = { 'content-type': 'application/json' };
  for (let request = 0; request < 3; request++) {
    const answer = await fetch(`${url}/graphql`, { method: 'POST', headers, body: JSON.stringify({ query }) });
    expect(answer.status).toBe(200);
  }
  child.kill('SIGTERM');
  expect(await once(child, 'exit')).toEqual([0, null]);
}, 60_000);

it('ending `npm start` ends the server, and orphans nobody', async () => {
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'data'));
  const npm = spawn('npm', ['start', '--ignore-scripts'], {
    env: { ...process.env, PORT: '0', LIBVIRT_URI: 'demo:///', DATA_DIR: join(folder, 'data') },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  onTestFinished(() => void npm.kill('SIGKILL'));
  let output = '';
  for await (const chunk of npm.stdout) {
    output += chunk;
    if (output.includes('listens on')) break;
  }
  const pid = Number(readFileSync(join(folder, 'data', 'lock.pid'), 'utf8'));
  onTestFinished(() => {
    if (isAlive(pid)) process.kill(pid, 'SIGKILL');
  });
  expect(isAlive(pid)).toBe(true);
  npm.kill('SIGTERM');
  await expect.poll(() => isAlive(pid), { timeout: 10_000 }).toBe(false);
}, 60_000);
