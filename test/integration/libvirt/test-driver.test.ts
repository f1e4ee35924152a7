import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { connect } from '../../../src/libvirt/connect.ts';
import type { Connection } from '../../../src/libvirt/connection.ts';
import type { ConnectOptions } from '../../../src/libvirt/connection-options.ts';
import { LibvirtError } from '../../../src/libvirt/error.ts';
import type { DomainRef } from '../../../src/libvirt/protocol/handles.ts';
import { patient } from '../../fakes/libvirt/patient.ts';
import { type Bench, startBench } from '../bench/bench.ts';
import { generations } from './generations.ts';

const run = promisify(execFile);

describe.each(generations)(
  'test:///default through a real libvirtd, $generation generation',
  ({ generation, skip }) => {
    describe.skipIf(skip)('without any guest', { timeout: 120_000 }, () => {
      let bench: Bench;
      const opened: Connection[] = [];

      beforeAll(async () => {
        bench = await startBench({ generation });
      }, 300_000);
      afterAll(() => bench?.close());
      afterEach(async () => {
        await Promise.all(opened.splice(0).map((connection) => connection.close()));
      });

      async function dial(options: ConnectOptions = {}): Promise<Connection> {
        const connection = await connect(`test:///default?socket=${bench.socketPath}`, options);
        opened.push(connection);
        return connection;
      }

      it('serves it, with its own machine and its own errors', async () => {
        const connection = await dial();
        const { domains } = await connection.call('connectListAllDomains', { need: 1, flags: 0 });
        expect(domains.map(({ name }) => name)).toEqual(['test']);
        const domain = domains[0] as DomainRef;
        const seen: number[] = [];
        await connection.subscribe('lifecycle', ({ event }) => seen.push(event));
        await connection.call('domainSuspend', { domain });
        expect(await connection.call('domainGetState', { domain, flags: 0 })).toEqual({ state: 3, reason: 1 });
        await connection.call('domainResume', { domain });
        await expect.poll(() => seen, patient).toEqual([3, 4]);
        await expect(connection.qemuMonitorCommand(domain, { execute: 'x' })).rejects.toBeInstanceOf(LibvirtError);
      });

      /** Makes `count` calls stay at the daemon: the first waits for a FIFO's reader, the others for the first. */
      async function occupy(connection: Connection, count: number): Promise<() => Promise<void>> {
        const { domains } = await connection.call('connectListAllDomains', { need: 1, flags: 0 });
        const domain = domains[0] as DomainRef;
        const fifo = join(bench.exchange, `fifo-${count}`);
        await run('mkfifo', [fifo]);
        const first = connection.call('domainCoreDump', { domain, path: fifo, flags: 0 });
        // It has the domain's lock as soon as another connection cannot get it.
        const other = await dial();
        const answered = (): Promise<boolean> =>
          other.call('domainGetXmlDesc', { domain, flags: 0 }, { timeoutMs: 200 }).then(
            () => true,
            () => false,
          );
        while (await answered());
        const rest = Array.from({ length: count - 1 }, () => connection.call('domainGetXmlDesc', { domain, flags: 0 }));
        const calls = Promise.allSettled([first, ...rest]);
        return async () => {
          const reader = await open(fifo, constants.O_RDONLY | constants.O_NONBLOCK);
          await calls;
          await reader.close();
        };
      }

      it('with four calls under work still reads, with five it does not: why no more than four are sent', async () => {
        const keepalive = { keepaliveIntervalMs: 100, keepaliveCount: 5 };
        const four = await dial(keepalive);
        const releaseFour = await occupy(four, 4);
        const still = await Promise.race([four.closed, new Promise((resolve) => setTimeout(resolve, 1500, 'open'))]);
        expect(still).toBe('open');
        await releaseFour();
        const five = await dial({ ...keepalive, maxInFlight: 5 });
        const releaseFive = await occupy(five, 5);
        expect(await five.closed).toMatchObject({ code: 'DAEMON_SILENT' });
        await releaseFive();
      });
    });
  },
);
