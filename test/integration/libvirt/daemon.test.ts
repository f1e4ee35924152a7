import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { connect } from '../../../src/libvirt/connect.ts';
import type { Connection } from '../../../src/libvirt/connection.ts';
import type { ConnectOptions } from '../../../src/libvirt/connection-options.ts';
import type { LibvirtError } from '../../../src/libvirt/error.ts';
import type { DomainRef } from '../../../src/libvirt/protocol/handles.ts';
import { type ProcedureName, procedures } from '../../../src/libvirt/protocol/procedures.ts';
import type { TypedParameter } from '../../../src/libvirt/protocol/typed-parameters.ts';
import { patient } from '../../fakes/libvirt/patient.ts';
import { type Bench, startBench } from '../bench/bench.ts';
import { buildFirmware } from '../bench/firmware.ts';
import { generations } from './generations.ts';
import { probes } from './probe-calls.ts';

const run = promisify(execFile);

describe.each(generations)('a real libvirtd, $generation generation', ({ generation, skip, major }) => {
  describe.skipIf(skip)('on its own socket', { timeout: 120_000 }, () => {
    let bench: Bench;
    const opened: Connection[] = [];

    beforeAll(async () => {
      bench = await startBench({ generation });
      const firmware = await buildFirmware(bench.folder);
      for (const name of ['one', 'two']) {
        const guest = await bench.startGuest({ name, program: { firmware }, memoryMiB: 32, vcpus: 2 });
        await guest.waitFor(/READY/);
      }
    }, 300_000);
    afterAll(() => bench?.close());
    afterEach(async () => {
      await Promise.all(opened.splice(0).map((connection) => connection.close()));
    });

    async function dial(path = 'qemu:///system', options: ConnectOptions = {}): Promise<Connection> {
      const connection = await connect(`${path}?socket=${bench.socketPath}`, options);
      opened.push(connection);
      return connection;
    }

    async function named(connection: Connection, name: string): Promise<DomainRef> {
      return connection.call('domainLookupByName', { name });
    }

    it('says who it is', async () => {
      const connection = await dial();
      expect((await connection.call('connectGetLibVersion', {})) / 1_000_000n).toBe(major);
      expect(await connection.call('connectGetType', {})).toBe('QEMU');
      expect(await connection.call('connectGetUri', {})).toBe('qemu:///system');
    });

    it('understands every procedure of the table', async () => {
      const connection = await dial();
      const last: ProcedureName[] = ['connectClose'];
      const names = (Object.keys(procedures) as ProcedureName[]).filter((name) => !last.includes(name));
      const misunderstood: string[] = [];
      for (const name of [...names, ...last]) {
        const call =
          name === 'storageVolUpload'
            ? connection.send(name, probes[name])
            : name === 'storageVolDownload'
              ? connection.receive(name, probes[name])
              : connection.call(name, probes[name]);
        // Code 39 is "Unable to decode message payload" and "unknown procedure"; a reply we misread is PROTOCOL.
        await call.catch((error: LibvirtError) => {
          if (error.number === undefined || error.code === 'RPC') misunderstood.push(`${name}: ${error.message}`);
        });
      }
      expect(misunderstood).toEqual([]);
    });

    it('agrees with virsh on every domain, field by field', async () => {
      const connection = await dial();
      const { domains } = await connection.call('connectListAllDomains', { need: 1, flags: 0 });
      expect(domains.map(({ name }) => name).sort()).toEqual(
        (await bench.virsh('list', '--all', '--name')).split('\n').sort(),
      );
      const stats = await connection.call('connectGetAllDomainStats', { domains: [], stats: 0, flags: 0 });
      for (const domain of domains) {
        expect(domain.uuid).toBe(await bench.virsh('domuuid', domain.name));
        expect(String(domain.id)).toBe(await bench.virsh('domid', domain.name));
        expect(await connection.call('domainGetXmlDesc', { domain, flags: 0 })).toBe(
          `${await bench.virsh('dumpxml', domain.name)}\n`,
        );
        const info = await connection.call('domainGetInfo', { domain });
        const dominfo = await bench.virsh('dominfo', domain.name);
        expect(dominfo).toMatch(new RegExp(`CPU\\(s\\): +${info.vcpus}\\n`));
        expect(dominfo).toMatch(new RegExp(`Max memory: +${info.maxMemoryKib} KiB`));
        expect(dominfo).toMatch(new RegExp(`Used memory: +${info.memoryKib} KiB`));
        const { state, reason } = await connection.call('domainGetState', { domain, flags: 0 });
        expect([state, reason]).toEqual([1, 1]);
        expect(await bench.virsh('domstate', '--reason', domain.name)).toBe('running (booted)');
        const ours = stats.find(({ domain: { uuid } }) => uuid === domain.uuid)?.parameters ?? [];
        expect(shape(ours.map(line))).toEqual(shape((await bench.virsh('domstats', domain.name)).split('\n').slice(1)));
      }
    });

    it('reports its own errors by code', async () => {
      const connection = await dial();
      await expect(named(connection, 'nobody')).rejects.toMatchObject({
        code: 'NO_DOMAIN',
        number: 42,
        domain: 10,
        level: 2,
        text: expect.stringMatching(/nobody/),
      });
      const domain = await named(connection, 'one');
      const path = `${bench.folder}/none/core`;
      await expect(
        connection.call('domainCoreDumpWithFormat', { domain, path, format: 0, flags: 16 }),
      ).rejects.toMatchObject({ code: 'SYSTEM_ERROR', errno: 'ENOENT' });
      await expect(connection.call('domainAbortJob', { domain })).rejects.toMatchObject({ code: 'OPERATION_INVALID' });
      await expect(dial('nonsense:///x')).rejects.toMatchObject({ code: 'NO_CONNECT', number: 5 });
    });

    it('lets a connection that only looks do no more than look', async () => {
      const connection = await dial('qemu:///system', { readOnly: true });
      const domain = await named(connection, 'one');
      await expect(connection.call('domainSuspend', { domain })).rejects.toMatchObject({ code: 'OPERATION_DENIED' });
      await expect(connection.qemuMonitorCommand(domain, { execute: 'query-status' })).rejects.toMatchObject({
        code: 'OPERATION_DENIED',
      });
    });

    it('tells of what happens to its guests, on libvirt’s clock and on QEMU’s', async () => {
      const connection = await dial();
      const one = await named(connection, 'one');
      const two = await named(connection, 'two');
      const all: string[] = [];
      const some: string[] = [];
      const qemu: string[] = [];
      await connection.subscribe('lifecycle', ({ domain, event }) => all.push(`${domain.name} ${event}`));
      await connection.subscribe('lifecycle', ({ domain, event }) => some.push(`${domain.name} ${event}`), {
        domain: two,
      });
      await connection.subscribe('qemuMonitor', ({ domain, event, seconds }) => {
        if (seconds > 1_600_000_000n) qemu.push(`${domain.name} ${event}`);
      });
      for (const domain of [one, two]) {
        await connection.call('domainSuspend', { domain });
        await connection.call('domainResume', { domain });
      }
      await expect.poll(() => qemu.length, patient).toBeGreaterThanOrEqual(4);
      await expect.poll(() => all, patient).toEqual(['one 3', 'one 4', 'two 3', 'two 4']);
      expect(some).toEqual(['two 3', 'two 4']);
      expect(qemu).toEqual(['one STOP', 'one RESUME', 'two STOP', 'two RESUME']);
    });

    it('passes QMP through, and its errors', async () => {
      const connection = await dial();
      const domain = await named(connection, 'one');
      expect(await connection.qemuMonitorCommand(domain, { execute: 'query-status' })).toMatchObject({
        status: 'running',
      });
      const command = { execute: 'no-such-command' };
      await expect(connection.qemuMonitorCommand(domain, command)).rejects.toMatchObject({
        code: 'MONITOR_ERROR',
        text: expect.stringMatching(/CommandNotFound/),
      });
      const page = await connection.call('domainMemoryPeek', { domain, address: 0xf0000n, size: 4096, flags: 2 });
      expect(page.length).toBe(4096);
    });

    it('answers short calls while a long one runs on the same connection', async () => {
      const connection = await dial();
      const domain = await named(connection, 'one');
      const fifo = join(bench.exchange, 'core');
      await run('mkfifo', [fifo]);
      // The read end is open before the call, and nothing is read for a while: the dump waits.
      const reader = await open(fifo, constants.O_RDONLY | constants.O_NONBLOCK);
      const dump = connection.call('domainCoreDumpWithFormat', { domain, path: fifo, format: 0, flags: 16 });
      const outcome = expect(dump).rejects.toMatchObject({ number: expect.any(Number) });
      await expect
        .poll(async () => (await connection.call('domainGetState', { domain, flags: 0 })).reason, { timeout: 20_000 })
        .toBe(4);
      const job = await connection.call('domainGetJobStats', { domain, flags: 0 });
      expect(job.parameters).toContainEqual({ field: 'operation', type: 'int', value: 8 });
      // The end of the reader is the abort of the dump.
      await reader.close();
      await outcome;
      expect(await connection.call('domainGetState', { domain, flags: 0 })).toMatchObject({ state: 1 });
    });

    it('answers a thousand calls at once on one connection', async () => {
      const connection = await dial();
      const domain = await named(connection, 'one');
      const calls = Array.from({ length: 1000 }, (_, index) =>
        index % 2 === 0
          ? connection.call('domainGetState', { domain, flags: 0 }).then(({ state }) => state)
          : connection.call('domainLookupByName', { name: 'one' }).then(({ id }) => id),
      );
      const answers = await Promise.all(calls);
      expect(answers.every((answer, index) => answer === (index % 2 === 0 ? 1 : domain.id))).toBe(true);
    });
  });
});

/** A statistic as virsh prints it. */
function line({ field, value }: TypedParameter): string {
  return `  ${field}=${typeof value === 'boolean' ? (value ? 'yes' : 'no') : value}`;
}

/** Lines whose figures move between two looks count by their names. */
function shape(lines: readonly string[]): string[] {
  return lines.map((text) =>
    text
      .replace(
        /(time|system|user|wait|halt|exits|delay|cause|pollution|sum|cpu|rss|boot|hits|usable|last-update)=.*$/,
        '$1=…',
      )
      .trim(),
  );
}
