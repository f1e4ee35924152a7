import { describe, expect, it, onTestFinished } from 'vitest';
import { LibvirtError } from '../../../src/libvirt/error.ts';
import {
  closeLinks,
  type HypervisorLinks,
  linksReady,
  openLinks,
  throughRestarts,
  watchUnanswered,
} from '../../../src/machines/libvirt/link/links.ts';
import { fakeTime, passing } from '../../fakes/fake-time.ts';
import { fakeDaemon } from '../../fakes/libvirt/connected-pair.ts';
import { ScriptedLinks } from '../../fakes/libvirt/scripted-links.ts';

const patience = (): AbortSignal => AbortSignal.timeout(10_000);
const stateOf = ({ control, monitor }: HypervisorLinks) => [control.state.kind, monitor.state.kind];

describe('the links to a hypervisor', () => {
  it('are two connections, and both end', async () => {
    const fake = await fakeDaemon();
    const links = openLinks(fake.uri);
    onTestFinished(() => closeLinks(links));
    await linksReady(links, patience());
    expect(fake.clients.size).toBe(2);
    expect(stateOf(links)).toEqual(['up', 'up']);
    await closeLinks(links);
    expect(stateOf(links)).toEqual(['closed', 'closed']);
  });

  it('give a guest’s QEMU twenty seconds, unless it is told otherwise', async () => {
    const fake = await fakeDaemon();
    const usual = openLinks(fake.uri);
    const quick = openLinks(fake.uri, { callTimeoutMs: 5_000 }, 50);
    onTestFinished(async () => void (await Promise.all([closeLinks(usual), closeLinks(quick)])));
    expect([usual.answerMs, quick.answerMs]).toEqual([20_000, 50]);
  });

  it.each(['control', 'monitor'] as const)('are ready when both are: not before the %s link is', async (which) => {
    const links = new ScriptedLinks();
    const up = Promise.withResolvers<void>();
    links.links[which].readiness = up.promise;
    let ready = false;
    const waited = linksReady(links, patience()).then(() => {
      ready = true;
    });
    await new Promise((turn) => setImmediate(turn));
    expect(ready).toBe(false);
    up.resolve();
    await waited;
    links.links[which].readiness = new Promise(() => undefined);
    const control = new AbortController();
    const aborted = linksReady(links, control.signal);
    control.abort();
    await expect(aborted).rejects.toMatchObject({ code: 'ABORTED' });
  });

  it('have their unanswered calls counted together', () => {
    const links = new ScriptedLinks();
    const told: number[] = [];
    watchUnanswered(links, (count) => told.push(count));
    links.links.control.lose(2);
    links.links.monitor.lose(3);
    links.links.control.lose(0);
    expect(told).toEqual([2, 5, 3]);
  });
});

describe('a question through restarts of libvirt', () => {
  const away = new LibvirtError('CONNECTION_LOST', 'away');
  const never = new AbortController().signal;

  /** A question that is answered by these in turn, the last again and again, and the moments at which it was asked. */
  function question(...answers: (string | Error)[]) {
    const links = new ScriptedLinks();
    const atMs: number[] = [];
    const ask = async (): Promise<string> => {
      atMs.push(performance.now());
      const next = (answers.length > 1 ? answers.shift() : answers[0]) as string | Error;
      if (next instanceof Error) throw next;
      return next;
    };
    return { links, atMs, put: (signal = never) => passing(throughRestarts(links, signal, ask)) };
  }

  it('is asked once where libvirt answers, and where it refuses', async () => {
    fakeTime();
    const answered = question('yes');
    expect(await answered.put()).toBe('yes');
    expect(answered.atMs).toEqual([0]);
    const refusal = new LibvirtError('NO_DOMAIN', 'gone');
    const refused = question(refusal, 'yes');
    await expect(refused.put()).rejects.toBe(refusal);
    const broken = question(new TypeError('ours'), 'yes');
    await expect(broken.put()).rejects.toThrow(TypeError);
    expect([...refused.atMs, ...broken.atMs]).toEqual([0, 0]);
  });

  it('is asked again as soon as both links are up, and no faster than ten times a second', async () => {
    fakeTime();
    const { links, atMs, put } = question(away, away, 'yes');
    links.links.monitor.readiness = new Promise((resolve) => setTimeout(resolve, 3_000));
    expect(await put()).toBe('yes');
    expect(atMs).toEqual([0, 3_100, 3_200]);
  });

  it('is given up with the last reason when libvirt has been away for a minute, all absences together', async () => {
    fakeTime();
    const gone = question(away);
    gone.links.links.control.readiness = new Promise(() => undefined);
    await expect(gone.put()).rejects.toBe(away);
    expect(gone.atMs).toEqual([0, 60_100]);
    const flapping = question(away);
    await expect(flapping.put()).rejects.toBe(away);
    expect(flapping.atMs.length).toBe(601);
  });

  it('is given up when its caller gives up', async () => {
    fakeTime();
    const { links, atMs, put } = question(away);
    links.links.control.readiness = new Promise(() => undefined);
    const control = new AbortController();
    setTimeout(() => control.abort(), 500);
    await expect(put(control.signal)).rejects.toBe(away);
    expect(atMs).toEqual([0, 600]);
  });
});
