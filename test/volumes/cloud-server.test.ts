import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { startFleetServer } from '../fakes/fleet-server.ts';
import { ask } from '../fakes/graphql-client.ts';
import { type CloudLies, startCloudstack } from '../fakes/volumes/cloudstack.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const machine = '22222222-0000-4000-8000-000000000001';
const input = (name: string) => `createVolume(input: { name: "${name}", sizeBytes: 1073741824 })`;

it('CloudStack’s keys are in no answer, error, log, metric, audit line or file of a whole server, whatever CloudStack answers', async () => {
  const lies: CloudLies = { polls: 0, echoes: false };
  const cloud = await startCloudstack([machine], lies);
  onTestFinished(() => cloud.close());
  const folder = temporaryFolder();
  const heard: string[] = [];
  const variables = {
    CLOUDSTACK_URL: cloud.url,
    CLOUDSTACK_API_KEY: cloud.apiKey,
    CLOUDSTACK_SECRET_KEY: cloud.secretKey,
    CLOUDSTACK_ZONE: 'zone',
    CLOUDSTACK_OFFERING: 'offering',
  };
  const wrongKey = 'a-wrong-secret-key+of/somebody=';
  const read = [
    '{ volumes { name problem { code message hint } } volumeProvider { kind reason } }',
    '{ operations { nodes { id message error { message hint } ... on VolumeOperation { volumeName devicePath } } } }',
    '{ events(first: 100) { nodes { message payload } } }',
    '{ auditLog { nodes { action details } } }',
    '{ volumeReport { problems failure orphans { id } } }',
    'mutation { reconcileVolumes { report { repaired problems failure } errors { message hint } } }',
    '{ volumeDevice(volume: "data") { path } }',
  ];
  const hearAll = async (server: Awaited<ReturnType<typeof startFleetServer>>) => {
    for (const document of read) heard.push(JSON.stringify(await ask(server.url, document)));
    for (const path of [
      '/metrics',
      '/health',
      '/ready',
      '/api/v1/volumes/data',
      '/api/v1/operations',
      '/api/v1/metrics',
    ])
      heard.push(await (await fetch(server.url + path)).text());
    heard.push(
      JSON.stringify(server.log.lines, (_, value) => (value instanceof Error ? `${value.stack} ${value}` : value)),
    );
  };

  const server = await startFleetServer(variables, folder);
  expect(await server.run(input('data'))).toMatchObject({ state: 'COMPLETED' });
  expect(await server.run(`attachVolume(volume: "data", vm: "${machine}")`)).toMatchObject({ state: 'COMPLETED' });
  lies.echoes = true;
  // Each is refused with a text that repeats all that was sent, and the keys.
  const refused = { state: 'FAILED', error: { code: expect.stringMatching(/^PROVIDER_/) } };
  expect(await server.run('detachVolume(volume: "data")')).toMatchObject(refused);
  expect(await server.run('resizeVolume(volume: "data", sizeBytes: 2147483648)')).toMatchObject(refused);
  expect(await server.run(input('more'))).toMatchObject(refused);
  await hearAll(server);
  await server.close();

  const wrong = await startFleetServer({ ...variables, CLOUDSTACK_SECRET_KEY: wrongKey }, folder);
  expect(await wrong.run('detachVolume(volume: "data")')).toMatchObject(refused);
  await hearAll(wrong);
  await wrong.close();

  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'latin1'));
  const all = [...heard, ...files].join('\n').toLowerCase();
  // It was heard of, or nothing would be shown here.
  expect(all.includes('failed on ') && all.includes('unable to verify')).toBe(true);
  const secrets = [cloud.apiKey, cloud.secretKey, wrongKey, encodeURIComponent(wrongKey), 'signature='];
  expect(secrets.filter((secret) => all.includes(secret.toLowerCase()))).toEqual([]);
}, 60_000);
