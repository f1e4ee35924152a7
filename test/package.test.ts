import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { installTarball, packProject } from './fakes/npm-package.ts';
import { temporaryFolder } from './temporary-folder.ts';
import { thorough } from './thorough.ts';

const environment = (more: Record<string, string>) => ({ PATH: process.env.PATH, HOME: process.env.HOME, ...more });

/** Resolves with what the server says it listens on. */
async function listening(child: ChildProcess): Promise<string> {
  let output = '';
  child.stderr?.on('data', (chunk) => {
    output += chunk;
  });
  // Read on afterwards: a server whose output nobody reads ends.
  return new Promise((resolve, reject) => {
    child.stdout?.on('data', (chunk) => {
      output += chunk;
      const found = /listens on (\S+)/.exec(output);
      if (found) resolve(found[1] as string);
    });
    child.once('exit', () => reject(new Error(`the server ended:\n${output}`)));
  });
}

// Half a minute, most of it npm’s.
describe.skipIf(!thorough)('the npm package, installed into an empty folder', () => {
  let command: string;
  let installed: string;
  let folder: string;
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'memoir-package-'));
    mkdirSync(join(folder, 'packed'));
    installTarball(packProject(join(folder, 'packed')), folder);
    command = join(folder, 'node_modules/.bin/memoir');
    installed = join(folder, 'node_modules/memoir');
  }, 240_000);

  it('holds JavaScript in place of TypeScript, the dashboard built, and nothing of the tests', () => {
    const files = readdirSync(installed, { recursive: true }).map(String);
    expect(files.filter((name) => /\.tsx?$/.test(name) && !name.startsWith('node_modules'))).toEqual([]);
    expect(files).toContain('dist/main.js');
    expect(files.some((name) => /^client\/dist\/.*\.js\.br$/.test(name))).toBe(true);
    expect(files.filter((name) => name.startsWith('test'))).toEqual([]);
    expect(existsSync('dist') || existsSync('npm-shrinkwrap.json')).toBe(false);
  });

  it('answers for its version and helps, on whatever Node is first on the PATH', () => {
    const { version } = JSON.parse(readFileSync('package.json', 'utf8'));
    expect(execFileSync(command, ['--version'], { env: environment({}) }).toString()).toBe(`${version}\n`);
    expect(execFileSync(command, ['--help'], { env: environment({}) }).toString()).toContain('serve');
  });

  it('serves the dashboard, captures a machine and verifies the artifact on its threads', async () => {
    const env = environment({
      PORT: '0',
      DATA_DIR: temporaryFolder(),
      LIBVIRT_URI: 'demo:///',
      DEMO_SPEED: '0',
      LOG_LEVEL: 'error',
    });
    const server = spawn(command, ['serve'], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    onTestFinished(() => void server.kill('SIGKILL'));
    const url = await listening(server);
    expect(await (await fetch(url)).text()).toContain('<div id="root"');
    const memoir = (...args: string[]) =>
      JSON.parse(execFileSync(command, ['--url', url, '--json', ...args], { env: environment({}) }).toString());
    const [machine] = memoir('vms', '--state', 'running');
    const { accepted } = memoir('dump', machine.name, '--watch');
    expect(accepted[0]).toMatchObject({ state: 'COMPLETED' });
    expect(memoir('verify', accepted[0].id)).toMatchObject({ state: 'COMPLETED' });
    const ended = once(server, 'exit');
    server.kill('SIGTERM');
    expect(await ended).toEqual([0, null]);
  }, 60_000);
});
