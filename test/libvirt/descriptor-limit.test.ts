import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { fakeDaemon } from '../fakes/libvirt/connected-pair.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const run = promisify(execFile);
const source = join(import.meta.dirname, '../../src/libvirt/connect.ts');

it.skipIf(process.platform !== 'linux')(
  'without descriptors connecting fails by code, and works when there are some',
  async () => {
    const fake = await fakeDaemon();
    const script = join(temporaryFolder(), 'starve.ts');
    await writeFile(
      script,
      `
    import { closeSync, openSync } from 'node:fs';
    import { connect } from ${JSON.stringify(source)};
    const codes: string[] = [];
    const attempt = (uri: string) => connect(uri).then((c) => c.close()).then(() => 'open', (error) => error.code);
    const held: number[] = [];
    // Twice: what Node itself had open at the first look may be closed a moment later.
    for (const pauseMs of [50, 0]) {
      try { for (;;) held.push(openSync('/dev/null')); } catch {}
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
    codes.push(await attempt(${JSON.stringify(fake.uri)}), await attempt('qemu+ssh://host.invalid/system'));
    for (const descriptor of held.splice(0, 12)) closeSync(descriptor);
    codes.push(await attempt(${JSON.stringify(fake.uri)}));
    console.log(codes.join(' '));
  `,
    );
    const { stdout } = await run('sh', ['-c', 'ulimit -n 64 && exec "$0" "$1"', process.execPath, script]);
    expect(stdout.trim()).toBe('HOST_UNREACHABLE SSH_FAILED open');
  },
);
