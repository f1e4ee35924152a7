import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { memoir } from '../fakes/command-line.ts';
import { machine } from '../fakes/machines.ts';
import { startTestServer } from '../fakes/server.ts';
import { startServer } from '../server-process.ts';
import { temporaryFolder } from '../temporary-folder.ts';

describe('commands about dumps', () => {
  it('list, show and cancel them', async () => {
    const server = await startTestServer();
    expect((await memoir(server.url, ['dumps'])).out).toContain('No dumps yet');
    const { accepted } = JSON.parse((await memoir(server.url, ['--json', 'dump', 'vm-1'])).out);
    const [{ id }] = accepted;
    const run = await server.dumping.next();
    const active = JSON.parse((await memoir(server.url, ['--json', 'dumps', '--active'])).out);
    expect(active).toMatchObject([{ id, vmName: 'vm-1' }]);
    expect((await memoir(server.url, ['show', id])).out).toMatch(/Machine +vm-1 .*\n(.*\n)*Events\n/);
    const cancelled = await memoir(server.url, ['--json', 'cancel', id, '01900000-0000-7000-8000-000000000000']);
    expect(cancelled.code).toBe(1);
    expect(JSON.parse(cancelled.out)).toMatchObject([{ id, error: null }, { error: { code: 'NOT_FOUND' } }]);
    run.fail(new Error('ended'));
    expect((await memoir(server.url, ['show', '01900000-0000-7000-8000-000000000000'])).told).toContain('memoir dumps');
    expect((await memoir(server.url, ['dumps', '--state', 'odd'])).code).toBe(2);
  });

  it('delete nothing without --yes, and say what to type', async () => {
    const { url } = await startTestServer();
    const refused = await memoir(url, ['delete', 'x']);
    expect([refused.code, refused.told]).toEqual([2, expect.stringContaining('memoir delete x --yes')]);
  });

  it('count, and tell who did what', async () => {
    const { url } = await startTestServer();
    expect((await memoir(url, ['stats'])).out).toContain('0 dumps of 0 machines');
    await memoir(url, ['dump', 'vm-1']);
    expect((await memoir(url, ['audit', '--limit', '1'])).out).toMatch(/local +triggerDumps/);
  });

  it('say what they meant where somebody slips, and keep quiet where they are told to', async () => {
    const { url } = await startTestServer();
    expect((await memoir(url, ['dmup'])).told).toContain('Did you mean dump?');
    expect((await memoir(url, ['dump', '--wacth'])).told).toContain('Did you mean --watch?');
    expect((await memoir(url, ['vms'])).told).toContain('DEMO');
    expect((await memoir(url, ['--quiet', 'vms'])).told).toBe('');
    expect((await memoir(url, ['dump', '--help'])).out).toContain('Examples:');
  });
});

describe('artifacts as files', () => {
  it('are downloaded, verified, inspected and extracted, the last three without a server', async () => {
    const server = await startServer(temporaryFolder());
    const { url } = server;
    const folder = temporaryFolder();
    const all = JSON.parse((await memoir(url, ['--json', 'vms', '--state', 'running'])).out);
    const [{ name }] = all.sort(
      (a: { memoryBytes: number }, b: { memoryBytes: number }) => a.memoryBytes - b.memoryBytes,
    );
    const { accepted } = JSON.parse((await memoir(url, ['--json', 'dump', name, '--watch'])).out);
    const [{ id, dump }] = accepted;
    const file = join(folder, 'web.elf.zst');
    const got = JSON.parse((await memoir(url, ['--json', 'download', id, '--output', file])).out);
    expect(got).toEqual({ id, file, sizeBytes: dump.sizeBytes, sha256: dump.sha256, verified: true });
    writeFileSync(`${file}.json`, readFileSync(`${dump.dumpPath}.json`));
    await server.end('SIGTERM');

    const nowhere = 'http://127.0.0.1:9';
    expect((await memoir(nowhere, ['verify', file])).out).toContain('verified, checksum matches');
    const inspected = JSON.parse((await memoir(nowhere, ['--json', 'inspect', file])).out);
    expect(inspected).toMatchObject({ compression: 'ZSTD', format: 'ELF', manifest: { id, machineName: name } });
    expect(inspected.memoryRanges.length).toBeGreaterThan(0);
    const image = join(folder, 'web.elf');
    const extracted = JSON.parse((await memoir(nowhere, ['--json', 'extract', file])).out);
    expect(extracted).toMatchObject({ output: image, sizeBytes: inspected.imageBytes });
    expect(readFileSync(image).subarray(0, 4)).toEqual(Buffer.from('\x7fELF', 'latin1'));

    const bytes = readFileSync(file);
    bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] as number) ^ 1;
    writeFileSync(file, bytes);
    const damaged = await memoir(nowhere, ['verify', file]);
    expect([damaged.code, damaged.out]).toEqual([1, expect.stringContaining('damaged')]);
    const broken = join(folder, 'broken.elf');
    expect((await memoir(nowhere, ['extract', file, '--output', broken])).code).toBe(1);
    expect(existsSync(broken)).toBe(false);
    expect((await memoir(nowhere, ['inspect', join(folder, 'none')])).code).toBe(2);
  }, 180_000);
});

it('offers names of machines to a shell, but none that a terminal would obey', async () => {
  const machines = [
    machine(1, { name: 'web 01' }),
    machine(2, { name: '\u001b[31mweb\n' }),
    machine(3, { name: 'db' }),
  ];
  const { url } = await startTestServer({ machines });
  const offered = async (...words: string[]) =>
    (await memoir(url, ['complete', '--', ...words])).out.split('\n').filter(Boolean);
  expect(await offered('dump', '')).toEqual(['db', 'web 01']);
  expect(await offered('dump', 'w')).toEqual(['web 01']);
  expect(await offered('records', '--vm', 'd')).toEqual(['db']);
  expect(await offered('du')).toEqual(['dump', 'dumps']);
  expect(await offered('dump', '--wa')).toEqual(['--watch']);
  expect(await offered('completion', 'z')).toEqual(['zsh']);
  expect((await memoir('http://127.0.0.1:9', ['complete', '--', 'dump', ''])).out).toBe('');
});
