import { randomBytes } from 'node:crypto';
import { mkdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { connect } from '../../../src/libvirt/connect.ts';
import type { Connection } from '../../../src/libvirt/connection.ts';
import type { VolumeRef } from '../../../src/libvirt/protocol/handles.ts';
import { isHole, type StreamPart } from '../../../src/libvirt/rpc/stream-port.ts';
import { patient } from '../../fakes/libvirt/patient.ts';
import { joined } from '../../fakes/libvirt/volume-bytes.ts';
import { type Bench, startBench } from '../bench/bench.ts';
import { generations } from './generations.ts';

const size = 3_000_000;

describe.each(generations)('storage volumes of a real libvirtd, $generation generation', ({ generation, skip }) => {
  describe.skipIf(skip)('as streams', { timeout: 120_000 }, () => {
    let bench: Bench;
    let connection: Connection;
    let volume: VolumeRef;
    let folder: string;

    beforeAll(async () => {
      bench = await startBench({ generation });
      folder = join(bench.exchange, 'pool');
      await mkdir(folder);
      const own = await connect(`qemu:///system?socket=${bench.socketPath}`);
      const xml = `<pool type="dir"><name>p</name><target><path>${folder}</path></target></pool>`;
      const pool = await own.call('storagePoolCreateXml', { xml, flags: 0 });
      const definition = `<volume><name>v</name><capacity>${size}</capacity></volume>`;
      volume = await own.call('storageVolCreateXml', { pool, xml: definition, flags: 0 });
      const { volumes } = await own.call('storagePoolListAllVolumes', { pool, need: 1, flags: 0 });
      expect(volumes).toEqual([volume]);
      await own.close();
    }, 300_000);
    afterAll(() => bench?.close());
    afterEach(() => connection?.close());

    const dial = () => connect(`qemu:///system?socket=${bench.socketPath}`);

    it('takes an upload and gives it back, byte by byte', async () => {
      connection = await dial();
      const bytes = randomBytes(size);
      await pipeline(
        Readable.from([bytes.subarray(0, 1_000_001), bytes.subarray(1_000_001)]),
        await connection.upload(volume),
      );
      expect((await readFile(volume.key)).equals(bytes)).toBe(true);
      expect((await buffer(await connection.download(volume))).equals(bytes)).toBe(true);
      const part = await buffer(await connection.download(volume, { offset: 1000n, length: 300_000n }));
      expect(part.equals(bytes.subarray(1000, 301_000))).toBe(true);
      expect(connection.load).toEqual({ waiting: 0, inFlight: 0, streams: 0 });
    });

    it('takes and gives sparse streams with their holes', async () => {
      connection = await dial();
      const { pool } = volume;
      const definition = `<volume><name>sparse</name><capacity>${size}</capacity><allocation>0</allocation></volume>`;
      const inPool = await connection.call('storagePoolLookupByName', { name: pool });
      const fresh = await connection.call('storageVolCreateXml', { pool: inPool, xml: definition, flags: 0 });
      const data = randomBytes(65_536);
      const parts: StreamPart[] = [data, { holeBytes: BigInt(size - 2 * data.length) }, data];
      await pipeline(Readable.from(parts), await connection.upload(fresh, { sparse: true }));
      expect((await stat(fresh.key)).blocks * 512).toBeLessThan(size / 2);
      const back = (await (await connection.download(fresh, { sparse: true })).toArray()) as StreamPart[];
      expect(back.some(isHole)).toBe(true);
      const whole = joined(back);
      expect(whole.equals(await readFile(fresh.key))).toBe(true);
    });

    it('stops a transfer that is aborted, and serves the connection on', async () => {
      connection = await dial();
      const abort = new AbortController();
      const download = await connection.download(volume, { signal: abort.signal });
      const reading = buffer(download);
      abort.abort();
      await expect(reading).rejects.toMatchObject({ code: 'ABORTED' });
      const upload = await connection.upload(volume);
      upload.write(Buffer.alloc(1000));
      upload.destroy();
      await expect.poll(() => connection.load.streams, patient).toBe(0);
      expect((await buffer(await connection.download(volume))).length).toBeGreaterThan(0);
    });

    it('says what was not there to be transferred', async () => {
      connection = await dial();
      const missing = { ...volume, name: 'none', key: `${folder}/none` };
      await expect(connection.download(missing)).rejects.toMatchObject({ code: 'NO_STORAGE_VOL' });
    });
  });
});
