import { describe, expect, it } from 'vitest';
import { ask, codeOf, follow, next } from '../fakes/graphql-client.ts';
import { machineId } from '../fakes/machines.ts';
import { startTestServer } from '../fakes/server.ts';

const errors = 'errors { code message hint retryable }';
const operation = 'operation { id kind volumeId volumeName devicePath state }';
const create = `mutation($input: CreateVolumeInput!) { createVolume(input: $input) { ${operation} ${errors} } }`;
const attach = `mutation($volume: String!, $vm: String!) { attachVolume(volume: $volume, vm: $vm) { ${operation} ${errors} } }`;
const detach = `mutation($volume: String!, $vm: String) { detachVolume(volume: $volume, vm: $vm) { ${operation} ${errors} } }`;
const remove = `mutation($volume: String!) { deleteVolume(volume: $volume) { ${operation} ${errors} } }`;
const resize = `mutation($volume: String!, $sizeBytes: ByteCount!) { resizeVolume(volume: $volume, sizeBytes: $sizeBytes) { ${operation} ${errors} } }`;
const look = `query($volume: String!) { volume(volume: $volume) {
  id name provider providerId state sizeBytes serial zone offering attachment { machineId machineName } device { path rdev diskseq sizeBytes }
  problem { code } history { totalCount nodes { kind state } } } }`;

async function start() {
  const server = await startTestServer();
  const { url, services } = server;
  /** Runs a mutation and waits for its operation. */
  const done = async (document: string, variables: Record<string, unknown>) => {
    const { data } = await ask(url, document, variables);
    const [payload] = Object.values(data) as [{ operation: { id: string } | null; errors: { code: string }[] }];
    if (payload.operation === null) return { code: payload.errors[0]?.code };
    return services.operations.settled(payload.operation.id);
  };
  return { ...server, done };
}

describe('volumes', () => {
  it('are created, attached, resized, detached and deleted by mutations that answer with operations', async () => {
    const { url, done } = await start();
    expect(await done(create, { input: { name: 'data', sizeBytes: 2 ** 20, zone: 'z' } })).toMatchObject({
      kind: 'VOLUME_CREATE',
      state: 'COMPLETED',
    });
    expect(await done(attach, { volume: 'data', vm: 'vm-1' })).toMatchObject({ state: 'COMPLETED' });
    expect(await done(resize, { volume: 'data', sizeBytes: 2 ** 21 })).toMatchObject({ state: 'COMPLETED' });
    const { data } = await ask(url, look, { volume: 'data' });
    expect(data.volume).toMatchObject({
      name: 'data',
      provider: 'demo',
      state: 'ATTACHED',
      sizeBytes: 2 ** 21,
      serial: data.volume.id.replaceAll('-', '').slice(0, 20),
      zone: 'z',
      offering: null,
      attachment: { machineId: machineId(1), machineName: 'vm-1' },
      device: { path: expect.stringMatching(/vdb$/), rdev: expect.stringMatching(/^\d+:\d+$/), diskseq: 1 },
      problem: null,
    });
    expect(data.volume.history.nodes).toEqual([
      { kind: 'VOLUME_RESIZE', state: 'COMPLETED' },
      { kind: 'VOLUME_ATTACH', state: 'COMPLETED' },
      { kind: 'VOLUME_CREATE', state: 'COMPLETED' },
    ]);
    const device = await ask(url, '{ volumeDevice(volume: "data") { path sizeBytes } }');
    expect(device.data.volumeDevice).toMatchObject({ path: data.volume.device.path, sizeBytes: 2 ** 21 });
    const attached = await ask(
      url,
      '{ operations(kind: VOLUME_ATTACH) { nodes { ... on VolumeOperation { devicePath volume { name } } } } }',
    );
    expect(attached.data.operations.nodes).toEqual([{ devicePath: data.volume.device.path, volume: { name: 'data' } }]);
    expect(await done(detach, { volume: 'data' })).toMatchObject({ state: 'COMPLETED' });
    expect(await done(remove, { volume: data.volume.id })).toMatchObject({ state: 'COMPLETED' });
    expect((await ask(url, '{ volumes { name } }')).data.volumes).toEqual([]);
    expect((await ask(url, look, { volume: 'data' })).data.volume).toBeNull();
  });

  it('are refused with a code, a sentence and what helps', async () => {
    const { url, done } = await start();
    await done(create, { input: { name: 'data', sizeBytes: 2 ** 20 } });
    const refused = async (document: string, variables: Record<string, unknown>) =>
      ((await done(document, variables)) as { code?: string }).code;
    expect(await refused(create, { input: { name: 'data', sizeBytes: 1 } })).toBe('NAME_TAKEN');
    expect(await refused(create, { input: { name: '../etc', sizeBytes: 1 } })).toBe('BAD_INPUT');
    expect(await refused(attach, { volume: 'none', vm: 'vm-1' })).toBe('NOT_FOUND');
    expect(await refused(attach, { volume: 'data', vm: 'none' })).toBe('NOT_FOUND');
    expect(await refused(detach, { volume: 'data' })).toBe('NOT_FOUND');
    expect(await refused(resize, { volume: 'data', sizeBytes: 1 })).toBe('BAD_INPUT');
    expect(codeOf(await ask(url, '{ volumeDevice(volume: "data") { path } }'))).toBe('DEVICE_MISSING');
    await done(attach, { volume: 'data', vm: 'vm-1' });
    expect(await refused(remove, { volume: 'data' })).toBe('VOLUME_IN_USE');
    const { data } = await ask(url, attach, { volume: 'data', vm: 'vm-2' });
    expect(data.attachVolume).toEqual({
      operation: null,
      errors: [
        { code: 'VOLUME_IN_USE', message: expect.stringContaining('vm-1'), hint: expect.any(String), retryable: false },
      ],
    });
  });

  it('are listed by state and machine', async () => {
    const { url, done } = await start();
    for (const name of ['b', 'a']) await done(create, { input: { name, sizeBytes: 2 ** 20 } });
    await done(attach, { volume: 'a', vm: 'vm-1' });
    const names = async (args: string) =>
      (await ask(url, `{ volumes${args} { name } }`)).data.volumes.map(({ name }: { name: string }) => name);
    expect(await names('')).toEqual(['a', 'b']);
    expect(await names('(state: AVAILABLE)')).toEqual(['b']);
    expect(await names('(vm: "vm-1")')).toEqual(['a']);
    expect(await names(`(vm: "${machineId(2)}")`)).toEqual([]);
  });

  it('are compared with the world on demand, and the last report stays', async () => {
    const { url, services } = await start();
    expect((await ask(url, '{ volumeReport { volumes } }')).data.volumeReport).toBeNull();
    const { data } = await ask(
      url,
      `mutation { reconcileVolumes { report { volumes repaired problems failure orphans { id } } ${errors} } }`,
    );
    expect(data.reconcileVolumes.report).toEqual({
      volumes: 0,
      repaired: [],
      problems: [],
      failure: null,
      orphans: [],
    });
    expect((await ask(url, '{ volumeReport { volumes } }')).data.volumeReport).toEqual({ volumes: 0 });
    expect(services.volumes.lastReport?.failure).toBeNull();
  });

  it('tell their readers of every comparison, beginning with the last one', async () => {
    const { url, services, done } = await start();
    await services.volumes.reconcile();
    const reports = follow(url, 'subscription { volumeReports { volumes tookMs problems } }');
    const first = (await next(reports)).data.volumeReports;
    expect(first).toEqual({ volumes: 0, tookMs: expect.any(Number), problems: [] });
    await done(create, { input: { name: 'data', sizeBytes: 2 ** 20 } });
    await ask(url, 'mutation { reconcileVolumes { report { volumes } } }');
    expect((await next(reports)).data.volumeReports).toMatchObject({ volumes: 1 });
    expect((await ask(url, '{ volumeProvider { kind demo reason } }')).data.volumeProvider).toEqual({
      kind: 'demo',
      demo: true,
      reason: null,
    });
  });

  it('leave a line in the audit log for every deed, with what was asked, whether or not it was refused', async () => {
    const { url, services } = await start();
    const by = { volume: 'none' };
    const deeds: readonly [name: string, args: string, variables: Record<string, unknown>, code: string | null][] = [
      [
        'createVolume',
        '(input: { name: "../x", sizeBytes: 1 })',
        { input: { name: '../x', sizeBytes: 1 } },
        'BAD_INPUT',
      ],
      ['attachVolume', '(volume: "none", vm: "vm-1")', { ...by, vm: 'vm-1' }, 'NOT_FOUND'],
      ['detachVolume', '(volume: "none")', by, 'NOT_FOUND'],
      ['resizeVolume', '(volume: "none", sizeBytes: 1)', { ...by, sizeBytes: 1 }, 'NOT_FOUND'],
      ['deleteVolume', '(volume: "none")', by, 'NOT_FOUND'],
      ['exportVolume', '(volume: "none")', { ...by, writable: false }, 'NOT_FOUND'],
      ['unexportVolume', '(volume: "none")', by, 'NOT_FOUND'],
      ['reconcileVolumes', '', {}, null],
    ];
    for (const [name, args, , code] of deeds) {
      const { data } = await ask(url, `mutation { ${name}${args} { ${errors} } }`);
      const typed = { code, message: expect.stringMatching(/./), hint: expect.stringMatching(/./), retryable: false };
      expect(data[name].errors, name).toEqual(code === null ? [] : [typed]);
    }
    const { records } = await services.access.auditLog({ limit: 10 });
    expect(records.map(({ actor, action, details }) => ({ actor, action, details })).reverse()).toEqual(
      deeds.map(([action, , details]) => ({ actor: 'local', action, details })),
    );
  });
});
