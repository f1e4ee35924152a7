import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createCluster } from '../../../src/heaps/kubernetes/cluster.ts';
import { createKubernetesTargets } from '../../../src/heaps/kubernetes/kubernetes-targets.ts';
import { openHeapWorld } from '../../fakes/heap-world.ts';
import type { FakeContainer } from '../../fakes/kubernetes/api-server.ts';
import { openKubernetesBench } from '../../fakes/kubernetes/kubernetes-bench.ts';

type Bench = Awaited<ReturnType<typeof openKubernetesBench>>;
const { signal } = new AbortController();

/** A container that runs programs of this machine, and nothing of its own. */
const plain = (more: Partial<FakeContainer> = {}): FakeContainer => ({
  name: 'app',
  id: 'containerd://plain',
  restarts: 0,
  running: true,
  run: ([program = '', ...words]) => spawn(program, words),
  ...more,
});

describe('a cluster', () => {
  let bench: Bench;
  const open = async (protocols?: readonly string[]) => {
    bench = await openKubernetesBench(protocols);
    return bench;
  };
  const addPod = (container = plain()) =>
    bench.server.pods.push({ namespace: 'shop', name: 'shop', labels: { app: 'shop' }, containers: [container] });
  const exec = (...command: string[]) =>
    bench.cluster.exec({ namespace: 'shop', pod: 'shop', container: 'app', command }, signal);
  beforeEach(() => open());
  afterEach(async () => {
    expect(bench.server.violations).toEqual([]);
    await bench.server.close();
  });

  it('that refuses says which rule is missing, for each thing that is asked of it', async () => {
    const { server, targets } = bench;
    addPod();
    for (const [rule, verb, resource, ask] of [
      ['get pods', 'get', 'pods', () => targets.find('kubernetes:shop/shop', signal)],
      ['list pods', 'list', 'pods', () => targets.list(signal, { namespace: 'shop' })],
      ['create pods/exec', 'create', 'pods/exec', () => targets.find('kubernetes:shop/shop', signal)],
      ['create pods/exec', 'create', 'pods/exec', () => targets.list(signal, { pod: 'shop' })],
    ] as const) {
      server.forbidden.clear();
      server.forbidden.add(rule);
      const error = await ask().catch((error) => error);
      expect(error).toMatchObject({ code: 'TARGET_UNAVAILABLE' });
      expect(error.message).toContain(`refuses ${verb} on ${resource} in the namespace shop: pods`);
      expect(error.message).toContain('User "system:serviceaccount:default:memoir" cannot');
      expect(error.hint).toContain(`resources: ["${resource}"], verbs: ["${verb}"`);
      expect(error.details.missingRule).toMatchObject({ resources: [resource], namespace: 'shop' });
    }
  });

  it('that does not know us, is somebody else, or is not there is named so', async () => {
    const { readFileSync, writeFileSync } = await import('node:fs');
    const { server } = bench;
    const original = readFileSync(server.kubeconfig, 'utf8');
    const failure = async (text: string) => {
      writeFileSync(server.kubeconfig, text);
      const cluster = createCluster({ config: { file: server.kubeconfig, context: null }, namespace: null });
      return createKubernetesTargets(cluster)
        .find('kubernetes:shop/shop', signal)
        .catch((error) => error);
    };
    expect(await failure(original.replace('token-of-the-tests', 'another'))).toMatchObject({
      code: 'TARGET_UNAVAILABLE',
      message: expect.stringContaining('credentials'),
    });
    const stranger = await openKubernetesBench();
    expect(await failure(original.replace(server.url, stranger.server.url))).toMatchObject({
      code: 'TARGET_UNAVAILABLE',
      message: expect.stringMatching(/does not respond \((UNABLE_TO_VERIFY_LEAF_SIGNATURE|CERT_SIGNATURE_FAILURE)\)/),
    });
    await stranger.server.close();
    expect(await failure(original.replace(server.url, stranger.server.url))).toMatchObject({
      code: 'TARGET_UNAVAILABLE',
      message: expect.stringContaining('ECONNREFUSED'),
    });
    expect(await failure('{')).toMatchObject({ code: 'CONFIG_INVALID' });
  });

  it('is asked for nothing by names that are none', async () => {
    const { targets, server } = bench;
    const hostile = [
      '../../nodes/n1',
      'a%2f..',
      'shop/x?stdin=1',
      'UPPER',
      `shop/${'x'.repeat(260)}`,
      'a/b/c/d',
      'shop/a\nb',
      '',
    ];
    for (const name of hostile) {
      await expect(targets.find(`kubernetes:${name}`, signal)).rejects.toMatchObject({ code: 'BAD_INPUT' });
    }
    for (const filter of [{ namespace: 'a/b' }, { pod: '..' }, { pod: 'x', container: 'a b' }, { selector: 'a=\n' }]) {
      await expect(targets.list(signal, filter)).rejects.toMatchObject({ code: 'BAD_INPUT' });
    }
    expect(server.commands).toEqual([]);
    expect(await targets.list(signal)).toEqual([]);
  });

  it.each([['v4.channel.k8s.io'], ['v5.channel.k8s.io']])(
    'that speaks %s ends the program with its input',
    async (protocol) => {
      await bench.server.close();
      const { server } = await open([protocol]);
      addPod();
      const stream = await exec('cat');
      stream.write('hello');
      expect(String((await once(stream, 'data'))[0])).toBe('hello');
      const [child] = server.running;
      stream.destroy();
      if (child?.exitCode === null) await once(child, 'exit');
      expect(child?.exitCode).toBe(0);
    },
  );

  it('tells how a program ended', async () => {
    addPod();
    const failed = await exec('/bin/sh', '-c', 'echo oops >&2; exit 3');
    failed.resume();
    expect(await failed.ended).toMatchObject({ status: 'Failure', exitCode: 3 });
    expect(failed.complaint).toBe('oops\n');
    const missing = await exec('/nowhere/node');
    missing.resume();
    expect(await missing.ended).toMatchObject({ reason: 'InternalError', exitCode: null });
  });

  it('that floods is held up, and not kept in memory', async () => {
    const { server } = bench;
    addPod();
    const blocked = Promise.withResolvers<void>();
    server.faults.onBlocked = blocked.resolve;
    const stream = await exec(
      process.execPath,
      '-e',
      `const b = Buffer.alloc(65536); for (;;) require('fs').writeSync(1, b)`,
    );
    await blocked.promise;
    expect(stream.readableLength).toBeLessThan(1024 * 1024);
    // It goes on as soon as somebody reads.
    let read = 0;
    for await (const piece of stream) {
      read += (piece as Buffer).length;
      if (read > 64 * 1024 * 1024) break;
    }
    expect(read).toBeGreaterThan(64 * 1024 * 1024);
  });

  it('that is slow gives whole captures all the same', async () => {
    const { server, targets, start } = bench;
    server.faults.delayMs = 2;
    const service = await start('slow');
    const { heaps, operations } = await openHeapWorld({ targets });
    const started = await heaps.capture({ target: service.reference }, 'tester');
    expect((await operations.settled(started.id)).error).toBe(null);
  });

  it('that loses the connection in the middle leaves no half snapshot, and the service lives', async () => {
    const { server, targets, start } = bench;
    const service = await start('cut');
    const { heaps, operations, store } = await openHeapWorld({ targets });
    server.faults.cutAfterBytes = 1024 * 1024;
    const started = await heaps.capture({ target: service.reference }, 'tester');
    const { error } = await operations.settled(started.id);
    expect(error).toMatchObject({
      code: 'TARGET_GONE',
      message: expect.stringContaining('the process itself still runs'),
    });
    expect(await heaps.captures({ limit: 50 })).toEqual([]);
    expect(await store.sweep()).toMatchObject({});
    expect(await service.say('7')).toBe('7');
  });

  it('whose container was killed for its memory says so', async () => {
    const { server, targets, start } = bench;
    const service = await start('killed');
    const { heaps, operations } = await openHeapWorld({ targets });
    server.faults.delayMs = 5;
    const started = await heaps.capture({ target: service.reference, force: true }, 'tester');
    for await (const { operation } of await operations.watchProgress({ ids: [started.id] })) {
      if (operation.phase === 'capturing') break;
    }
    service.container.terminated = { reason: 'OOMKilled', exitCode: 137 };
    await service.kill();
    const { error } = await operations.settled(started.id);
    expect(error).toMatchObject({ code: 'TARGET_OUT_OF_MEMORY', message: expect.stringContaining('exit code 137') });
  });

  it('runs nothing but Node.js to look into a container, and says so where there is none', async () => {
    const { server, targets } = bench;
    addPod(plain({ run: () => spawn('/nowhere/program') }));
    await expect(targets.find('kubernetes:shop/shop', signal)).rejects.toMatchObject({
      code: 'TARGET_UNAVAILABLE',
      message: expect.stringContaining('no Node.js was found in the container shop/app'),
    });
    expect(server.commands.length).toBeGreaterThan(3);
    for (const [program] of server.commands) expect(program).toMatch(/(^|\/)(node|bun)$/);
  });

  it('with several containers is asked which one is meant, and leaves out those without Node.js', async () => {
    const { targets, start } = bench;
    const sidecar = plain({ name: 'proxy', id: 'containerd://proxy', run: () => spawn('/nowhere/program') });
    const service = await start('several', [], [sidecar]);
    const target = await targets.find('kubernetes:shop/several', signal);
    expect(target.container).toBe('shop/several/app');
    expect((await targets.list(signal, service.filter)).map(({ id }) => id)).toEqual([target.id]);
    expect(await targets.list(signal, { ...service.filter, container: 'proxy' })).toEqual([]);
    await expect(targets.find('kubernetes:shop/several/nothing', signal)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('that answers nonsense instead of processes is refused', async () => {
    const { targets } = bench;
    const program = `console.log('"memoir-look-1"'); process.stdin.on('data', () => console.log('{"answer":{"found":[{}]}}'))`;
    addPod(plain({ run: () => spawn(process.execPath, ['-e', program]) }));
    await expect(targets.find('kubernetes:shop/shop', signal)).rejects.toMatchObject({ code: 'TARGET_UNAVAILABLE' });
  });
});
