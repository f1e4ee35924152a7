import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { startDockerEngine } from './fakes/docker-engine.ts';
import { lacks } from './system.ts';

/** Minutes, most of them for packing and for copies of layers. */
const wanted = process.env.WITH_IMAGE === '1';
const isRoot = process.getuid?.() === 0;

// From a root of this machine's own files: no registry is reached.
it.skipIf(!wanted || !isRoot || lacks('dockerd', 'dpkg-deb'))(
  'the container image serves, is healthy, and keeps its data in its volume',
  { timeout: 900_000 },
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'memoir-image-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const engine = await startDockerEngine();
    onTestFinished(() => engine.close());
    const env = {
      ...process.env,
      DOCKER_HOST: `unix://${engine.socket}`,
      BASE: 'local',
      DEB_LEVEL: '1',
      TMPDIR: folder,
    };
    execFileSync('bash', [join('scripts', 'build-image.sh'), 'memoir'], { env, stdio: 'pipe' });

    const start = (name: string): void => {
      const flags = ['-d', '--name', name, '--network', 'none', '-v', 'memoir:/var/lib/memoir'];
      // As in `docker run -p`: it listens beyond loopback, so a token is needed.
      const settings = ['LIBVIRT_URI=demo:///', 'MEMOIR_TOKEN=0123456789abcdef0123456789abcdef'];
      engine.docker('run', ...flags, ...settings.flatMap((setting) => ['-e', setting]), 'memoir');
    };
    const ask = (name: string, ...words: string[]): string => {
      const url = ['--url', 'http://127.0.0.1:4000'];
      return engine.docker('exec', name, '/usr/bin/memoir', ...url, ...words);
    };
    const attempt = (name: string, ...words: string[]): string => {
      try {
        return ask(name, ...words);
      } catch {
        // What it says on its way out is on both.
        return execFileSync('sh', ['-c', `docker logs ${name} 2>&1`], { env }).toString();
      }
    };
    start('first');
    await expect.poll(() => attempt('first', 'vms'), { timeout: 120_000 }).toMatch(/web-01/);
    expect(engine.docker('inspect', '--format', '{{.Config.User}}', 'first').trim()).toBe('65532:65532');
    expect(ask('first', 'dump', 'web-01', '--watch')).toMatch(/web-01/);
    engine.docker('stop', 'first');
    expect(engine.docker('inspect', '--format', '{{.State.ExitCode}}', 'first').trim()).toBe('0');
    start('second');
    await expect.poll(() => attempt('second', 'dumps'), { timeout: 120_000 }).toMatch(/web-01.*COMPLETED/i);
  },
);
