import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { inspect } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createCloudstackProvider } from '../../src/volumes/cloudstack/cloudstack-provider.ts';
import { sign } from '../../src/volumes/cloudstack/signature.ts';
import { volumeProviderSuite, volumeSpec } from '../contracts/volume-provider.ts';
import { type CloudLies, startCloudstack } from '../fakes/volumes/cloudstack.ts';

const machines = ['22222222-0000-4000-8000-000000000001', '22222222-0000-4000-8000-000000000002'] as const;
const [here] = machines;
const gibibyte = 2 ** 30;
const times = { pollMs: 2, jobMs: 2_000, throttleMs: 1 };
const placed = { zone: 'zone', offering: 'offering', here, times };
const { signal } = new AbortController();
const spec = () => volumeSpec({ sizeBytes: gibibyte });

async function start(lies: CloudLies = {}) {
  const cloud = await startCloudstack(machines, lies);
  onTestFinished(() => cloud.close());
  const { url, apiKey, secretKey } = cloud;
  return { cloud, provider: createCloudstackProvider({ url, apiKey, secretKey, ...placed }) };
}

volumeProviderSuite(
  'CloudStack on the wire',
  async () => {
    const cloud = await startCloudstack(machines);
    const { url, apiKey, secretKey } = cloud;
    return {
      provider: createCloudstackProvider({ url, apiKey, secretKey, ...placed }),
      machines,
      dispose: cloud.close,
    };
  },
  gibibyte,
);

describe('CloudStack', () => {
  it('is sent the signature of its own documentation', () => {
    // Origin: Apache CloudStack, Developer's Guide, "How to sign an API call with Python" and before.
    const parameters = {
      command: 'listUsers',
      response: 'json',
      apiKey: 'plgWJfZK4gyS3mOMTVmjUVg-X-jlWlnfaUJ9GAbBbf9EdM-kAYMmAiLqzzq1ElZLYq_u38zCm0bewzGUdP66mg',
    };
    const secret = 'VDaACYb0LV9eNjTetIOElcVQkvJck_J_QljX_FcHRj87ZKiy0z0ty0ZsYBkoXkY9b7eq1EhwJaw7FF3akA3KBQ';
    expect(sign(parameters, secret)).toBe('TTpdDq/7j/J58XCRHomKoQXEQds=');
  });

  it('is asked again, later, when it says that it is asked too often', async () => {
    const { provider } = await start({ throttleEvery: 3 });
    const { mark } = await provider.create(spec(), signal);
    expect((await provider.attach({ mark, machineId: here }, signal)).attachedTo).toEqual([here]);
    expect((await provider.detach({ mark, machineId: here }, signal)).attachedTo).toEqual([]);
  });

  it('is unavailable, not hammered, when it goes on saying so', async () => {
    const { provider, cloud } = await start({ throttleEvery: 1 });
    await expect(provider.list(signal)).rejects.toMatchObject({ code: 'PROVIDER_UNAVAILABLE' });
    expect(cloud.commands.length).toBeLessThan(10);
  });

  it('may forget a job that was done: the volume itself is asked', async () => {
    const { provider, cloud } = await start({ vanishing: 'DONE' });
    const wanted = spec();
    const { mark } = await provider.create(wanted, signal);
    expect((await provider.attach({ mark, machineId: here }, signal)).attachedTo).toEqual([here]);
    expect((await provider.resize(mark, 2 * gibibyte, signal)).sizeBytes).toBe(2 * gibibyte);
    expect((await provider.detach({ mark, machineId: here }, signal)).attachedTo).toEqual([]);
    expect(cloud.volumes.size).toBe(1);
  });

  it('may forget a job that was not done: that is a failure, and nothing is claimed', async () => {
    const { provider, cloud } = await start({ vanishing: 'NOT_DONE' });
    await expect(provider.create(spec(), signal)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect(cloud.volumes.size).toBe(0);
  });

  it('that cannot detach leaves the volume attached, as a refusal', async () => {
    const { provider } = await start({ detachFails: 'the guest did not let go' });
    const { mark } = await provider.create(spec(), signal);
    await provider.attach({ mark, machineId: here }, signal);
    await expect(provider.detach({ mark, machineId: here }, signal)).rejects.toMatchObject({
      code: 'DETACH_REFUSED',
      message: expect.stringContaining('the guest did not let go'),
    });
    expect((await provider.describe(mark, signal))?.attachedTo).toEqual([here]);
  });

  it('is listed page by page, its other volumes left out', async () => {
    const { provider, cloud } = await start();
    const put = (name: string, index: number) =>
      cloud.volumes.set(`${index}`, {
        id: `${index}`,
        name,
        size: gibibyte,
        state: 'Ready',
        zoneid: 'z',
        diskofferingid: 'o',
      });
    for (let index = 0; index < 230; index++)
      put(`memoir-00000000-0000-4000-8000-${String(index).padStart(12, '0')}`, index);
    put('someone-else', 1000);
    put('memoir-of-a-journey', 1001);
    expect(await provider.list(signal)).toHaveLength(230);
    expect(cloud.commands).toEqual(['listVolumes', 'listVolumes', 'listVolumes']);
  });

  it('needs zone and offering, from the request or from the configuration', async () => {
    const { cloud } = await start();
    const { url, apiKey, secretKey } = cloud;
    const bare = createCloudstackProvider({ url, apiKey, secretKey, zone: null, offering: null, here: null, times });
    await expect(bare.create(spec(), signal)).rejects.toMatchObject({ code: 'BAD_INPUT' });
    const { mark } = await bare.create({ ...spec(), placement: { zone: 'z', offering: 'o' } }, signal);
    expect([...cloud.volumes.values()]).toMatchObject([{ zoneid: 'z', diskofferingid: 'o', name: `memoir-${mark}` }]);
  });

  it('gives a device the serial of its own UUID; hypervisors that give none are told apart', async () => {
    const { provider, cloud } = await start();
    const { mark } = await provider.create(spec(), signal);
    const { serial, providerId } = await provider.attach({ mark, machineId: here }, signal);
    expect(serial).toBe(providerId.replaceAll('-', '').slice(0, 20));
    Object.assign(cloud.volumes.get(providerId) as object, { hypervisor: 'VMware' });
    expect((await provider.describe(mark, signal))?.serial).toBeNull();
  });

  it.each(['wrong keys', 'right keys'])('never says the keys, whatever it answers: %s', async (keys) => {
    const { cloud } = await start({ echoes: true });
    const secretKey = keys === 'right keys' ? cloud.secretKey : `wrong${cloud.secretKey}`;
    const provider = createCloudstackProvider({ url: cloud.url, apiKey: cloud.apiKey, secretKey, ...placed });
    const error = await provider.list(signal).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: expect.stringMatching(/^PROVIDER_/) });
    const shown = inspect(error, { depth: 10, showHidden: true });
    for (const key of [cloud.apiKey, secretKey, 'signature=']) expect(shown).not.toContain(key);
  });

  it('is spoken to over TLS, or on this host alone', () => {
    const make = (url: string) => () => createCloudstackProvider({ url, apiKey: 'k', secretKey: 's', ...placed });
    expect(make('https://cloud.example/client/api')).not.toThrow();
    for (const url of ['http://cloud.example/client/api', 'ftp://x', 'nonsense', 'https://user:secret@cloud.example/'])
      expect(make(url), url).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }));
  });

  it('that never ends its answer is unavailable, and fills no memory', async () => {
    let sent = 0;
    const endless = createServer((_, response) => {
      const more = (): void => {
        do sent += 1 << 20;
        while (response.write(Buffer.alloc(1 << 20, ' ')));
      };
      response.on('drain', more);
      more();
    });
    await new Promise<void>((resolve) => endless.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => {
      endless.close();
      endless.closeAllConnections();
    });
    const url = `http://127.0.0.1:${(endless.address() as AddressInfo).port}/client/api`;
    const provider = createCloudstackProvider({ url, apiKey: 'k', secretKey: 's', ...placed });
    await expect(provider.list(signal)).rejects.toMatchObject({
      code: 'PROVIDER_UNAVAILABLE',
      message: expect.stringContaining('too large'),
    });
    expect(sent).toBeLessThan(64 << 20);
  });

  it('that does not respond is unavailable', async () => {
    const { cloud, provider } = await start();
    await cloud.close();
    await expect(provider.list(signal)).rejects.toMatchObject({ code: 'PROVIDER_UNAVAILABLE' });
  });
});
