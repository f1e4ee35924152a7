import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { memoir } from '../fakes/command-line.ts';
import { startFleetServer } from '../fakes/fleet-server.ts';
import { machineId } from '../fakes/machines.ts';
import { startTestServer } from '../fakes/server.ts';
import { cloudMachine, startLoopCloud } from '../fakes/volumes/loop-cloud.ts';
import { lacksLoopDevices } from '../fakes/volumes/loop-device.ts';
import { lacks } from '../system.ts';
import { temporaryFolder } from '../temporary-folder.ts';

it('memoir volume does the whole life of a volume, and says by exit code how each step ended', async () => {
  const { url } = await startTestServer();
  const volume = (...args: string[]) => memoir(url, ['volume', ...args]);
  expect(await volume('create', 'data', '--size', '8M')).toMatchObject({
    code: 0,
    out: 'Volume created successfully\n',
  });
  expect((await volume('create', 'data', '--size', '8M')).told).toContain('there is a volume called data already');
  expect((await volume('create', 'more', '--size', 'much')).code).toBe(2);
  const attached = await volume('attach', 'data', 'vm-1');
  expect(attached).toMatchObject({
    code: 0,
    out: expect.stringMatching(/^Volume attached successfully\n\/.*\/vdb\n$/),
  });
  const path = attached.out.split('\n')[1];
  expect((await volume('device', 'data')).out).toBe(`${path}\n`);
  expect((await volume('list')).out).toMatch(/data +ATTACHED +8\.0 MiB +vm-1 +\S+vdb +- +[0-9a-f]{20} +-/);
  expect((await volume('delete', 'data')).code).toBe(1);
  expect((await volume('resize', 'data', '16M')).code).toBe(0);
  expect((await volume('detach', 'data', 'vm-2')).code).toBe(1);
  expect((await volume('detach', 'data')).code).toBe(0);
  expect((await volume('device', 'data')).told).toContain('has no device on this host');
  expect(await volume('doctor')).toMatchObject({ code: 0, out: '1 volumes compared with the world.\n' });
  expect((await volume('delete', 'data')).code).toBe(0);
  expect(JSON.parse((await memoir(url, ['--json', 'volume', 'list'])).out)).toEqual([]);
});

it('memoir volume gives programs JSON: of lists, devices, operations and comparisons', async () => {
  const { url } = await startTestServer();
  const json = async (...args: string[]) => JSON.parse((await memoir(url, ['--json', 'volume', ...args])).out);
  const created = await json('create', 'data', '--size', '8M', '--key', 'k');
  expect(created).toMatchObject({ state: 'COMPLETED', volumeName: 'data', error: null, devicePath: null });
  // The same key is the same operation.
  expect((await json('create', 'data', '--size', '8M', '--key', 'k')).id).toBe(created.id);
  await json('create', 'logs', '--size', '1048576');
  const attached = await json('attach', 'data', 'vm-1');
  expect(attached).toMatchObject({ state: 'COMPLETED', devicePath: expect.stringMatching(/vdb$/) });
  expect(await json('device', 'data')).toMatchObject({ path: attached.devicePath, sizeBytes: 2 ** 23, diskseq: 1 });
  const names = async (...args: string[]) => (await json('list', ...args)).map(({ name }: { name: string }) => name);
  expect(await names()).toEqual(['data', 'logs']);
  expect(await names('--vm', 'vm-1')).toEqual(['data']);
  expect(await names('--state', 'available')).toEqual(['logs']);
  expect(await json('doctor')).toEqual({ volumes: 2, repaired: [], problems: [], failure: null, orphans: [] });
  expect((await memoir(url, ['volume', 'list', '--state', 'odd'])).code).toBe(2);
});

it.each(['list', 'create', 'attach', 'detach', 'resize', 'format', 'import', 'delete', 'device', 'export', 'doctor'])(
  'memoir volume %s --help shows how it is used, by examples',
  async (command) => {
    const { code, out } = await memoir('http://127.0.0.1:9', ['volume', command, '--help']);
    expect(code).toBe(0);
    expect(out).toMatch(new RegExp(`Examples:\n.*memoir (--json )?volume ${command} `));
  },
);

it.skipIf(lacks('qemu-storage-daemon', 'nbdinfo'))(
  'memoir volume export prints where a client finds the bytes',
  async () => {
    const { url } = await startTestServer();
    const volume = (...args: string[]) => memoir(url, ['volume', ...args]);
    await volume('create', 'data', '--size', '1M');
    const exported = await volume('export', 'data');
    expect(exported.code).toBe(0);
    const uri = exported.out.split('\n')[1] as string;
    expect(uri).toMatch(/^nbd\+unix:\/\/\/data\?socket=/);
    expect((await promisify(execFile)('nbdinfo', ['--size', uri])).stdout).toBe('1048576\n');
    expect((await volume('delete', 'data')).told).toContain('data is exported');
    expect((await volume('export', 'data', '--remove')).code).toBe(0);
    expect((await volume('delete', 'data')).code).toBe(0);
  },
);

it.skipIf(lacksLoopDevices())(
  'memoir volume format makes a file system on an empty volume, asks for its name, and refuses one that holds data',
  async () => {
    const cloud = await startLoopCloud();
    const { url } = await startFleetServer(cloud.variables);
    const volume = (...args: string[]) => memoir(url, ['volume', ...args]);
    const formatted = (confirm: string) => volume('format', 'vault', '--confirm', confirm);
    expect((await volume('create', 'vault', '--size', '1G')).code).toBe(0);
    expect(await formatted('vault')).toMatchObject({
      code: 1,
      told: expect.stringContaining('vault has no device on this host'),
    });
    const path = (await volume('attach', 'vault', cloudMachine)).out.split('\n')[1] as string;
    expect((await volume('format', 'vault')).code).toBe(2);
    expect(await formatted('yes')).toMatchObject({
      code: 2,
      told: expect.stringContaining('its name has to be given as confirmation'),
    });
    const type = async () => (await promisify(execFile)('blkid', ['-p', '-o', 'value', '-s', 'TYPE', path])).stdout;
    await expect(type()).rejects.toThrow();
    expect(await formatted('vault')).toMatchObject({ code: 0, out: expect.stringContaining('formatted successfully') });
    expect(await type()).toBe('ext4\n');
    await promisify(execFile)('mkfs.ext4', ['-q', '-F', path]);
    expect(await formatted('vault')).toMatchObject({
      code: 1,
      told: expect.stringContaining('vault holds data: ext4'),
    });
    expect((await volume('detach', 'vault')).code).toBe(0);
  },
  60_000,
);

it('memoir volume format says that a simulated volume has nothing to format', async () => {
  const { url } = await startTestServer();
  const volume = (...args: string[]) => memoir(url, ['volume', ...args]);
  await volume('create', 'data', '--size', '1M');
  await volume('attach', 'data', 'vm-1');
  expect(await volume('format', 'data', '--confirm', 'data')).toMatchObject({
    code: 1,
    told: expect.stringContaining('data is simulated'),
  });
});

it('memoir volume import takes over what the old daemon’s tables and the provider agree on, and names what they do not', async () => {
  const { url, services } = await startTestServer();
  const volume = (...args: string[]) => memoir(url, ['volume', ...args]);
  await volume('create', 'data', '--size', '1M');
  await volume('attach', 'data', 'vm-1');
  const known = await services.volumes.get('data');
  const gone = '33333333-0000-4000-8000-000000000001';
  const row = (id: string, path: string) => `('m','vol-${id}','${machineId(1)}','${path}','attached',1048576)`;
  const file = join(temporaryFolder(), 'old.sql');
  const columns = '`id`, `volume_id`, `vm_id`, `device_path`, `cloudstack_state`, `size`';
  await writeFile(
    file,
    `-- MySQL dump 10.13
CREATE TABLE \`users\` (\`secret\` text);
INSERT INTO \`users\` VALUES ('not ours');
INSERT INTO \`device_mappings\` (${columns}) VALUES ${row(known?.id as string, '/dev/vdb')},${row(gone, '/dev/vdc')};
`,
  );
  const imported = await volume('import', file);
  expect(imported.code).toBe(1);
  expect(imported.out).toMatch(
    /^conflict {2}.*33333333-0000-4000-8000-000000000001.*\n0 imported, 1 known before, 1 conflicts\.\n$/,
  );
  const again = JSON.parse((await memoir(url, ['--json', 'volume', 'import', file])).out);
  expect(again).toMatchObject({ imported: [], unchanged: 1, conflicts: [expect.stringContaining(gone)] });
  expect(await volume('import', join(temporaryFolder(), 'none.sql'))).toMatchObject({
    code: 2,
    told: expect.stringContaining('cannot be read'),
  });
  await writeFile(file, 'SELECT 1;');
  expect((await volume('import', file)).code).not.toBe(0);
});
