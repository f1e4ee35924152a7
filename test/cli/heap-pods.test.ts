import { describe, expect, it, onTestFinished } from 'vitest';
import { memoir } from '../fakes/command-line.ts';
import { openHeapWorld } from '../fakes/heap-world.ts';
import { openKubernetesBench } from '../fakes/kubernetes/kubernetes-bench.ts';
import { startTestServer } from '../fakes/server.ts';

/** A cluster with the pods that are named, each with a leaking service, and a server that reaches it. */
async function start(...pods: readonly string[]) {
  const cluster = await openKubernetesBench();
  const services: Awaited<ReturnType<typeof cluster.start>>[] = [];
  for (const pod of pods) services.push(await cluster.start(pod));
  const { heaps, operations } = await openHeapWorld({ targets: cluster.targets });
  const { url } = await startTestServer({ wrap: (all) => ({ ...all, heaps, operations }) });
  onTestFinished(async () => {
    for (const service of services) await service.kill();
    await cluster.server.close();
  });
  const heap = (...args: string[]) => memoir(url, ['heap', ...args]);
  const captured = async () =>
    (await heaps.captures({ limit: 10 })).map(({ targetId, container }) => [targetId, container]);
  return { heap, captured, url, services };
}

describe('memoir heap with pods of a cluster', () => {
  it('captures the one process of a pod by --selector, --namespace and --container', async () => {
    const { heap, captured, services } = await start('basket', 'search');
    const place = ['--namespace', 'shop', '--container', 'app'];
    const done = await heap('capture', '--selector', 'app=search', ...place);
    expect(done).toMatchObject({ code: 0 });
    expect(await captured()).toEqual([
      [expect.stringMatching(/^kubernetes:shop\/search\/app:\d+$/), 'shop/search/app'],
    ]);
    expect(await services[1]?.say('3')).toBe('3');
    expect(await heap('capture', '--selector', 'app=nobody', ...place)).toMatchObject({
      code: 1,
      told: expect.stringMatching(/no Node.js process runs in a pod with the labels app=nobody/),
    });
    // Two meet it: both are named, neither is captured.
    const several = await heap('capture', '--selector', 'app!=nobody', ...place);
    expect(several.code).not.toBe(0);
    expect(several.told).toMatch(/kubernetes:shop\/basket\/app:\d+, kubernetes:shop\/search\/app:\d+/);
    expect(await captured()).toHaveLength(1);
  });

  it('captures by --pod, and lists by each of the options', async () => {
    const { heap, captured } = await start('basket', 'search');
    expect(await heap('capture', '--pod', 'basket', '--namespace', 'shop')).toMatchObject({ code: 0 });
    expect(await captured()).toEqual([[expect.stringMatching(/^kubernetes:shop\/basket\/app:/), 'shop/basket/app']]);
    const listed = async (...args: string[]) =>
      (await heap('targets', '--namespace', 'shop', ...args)).out.match(/shop\/\w+\/app/g) ?? [];
    expect(await listed()).toEqual(['shop/basket/app', 'shop/search/app']);
    expect(await listed('--pod', 'search')).toEqual(['shop/search/app']);
    expect(await listed('--selector', 'app=basket')).toEqual(['shop/basket/app']);
    expect(await listed('--container', 'sidecar')).toEqual([]);
  });

  it('refuses two names for one thing, and says what to do', async () => {
    const { heap, url } = await start();
    const refused = { code: 2, told: expect.stringMatching(/leave one of them out/) };
    expect(await heap('capture', 'basket', '--selector', 'app=basket')).toMatchObject(refused);
    expect(await heap('capture', '--pod', 'basket', '--selector', 'app=basket')).toMatchObject(refused);
    expect((await heap('capture')).told).toMatch(/name a process/);
    const capture = async (input: string) => {
      const query = `mutation { captureHeap(input: ${input}) { errors { code message } } }`;
      const answer = await fetch(`${url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ query }),
      });
      return (await answer.json()).data.captureHeap.errors;
    };
    for (const input of ['{}', '{ target: "basket", pods: { selector: "app=basket" } }'])
      expect(await capture(input)).toMatchObject([{ code: 'BAD_INPUT', message: expect.stringMatching(/labels/) }]);
    expect(await capture('{ pods: { selector: "a=\\n" } }')).toMatchObject([{ code: 'BAD_INPUT' }]);
  });
});
