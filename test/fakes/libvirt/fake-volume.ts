import { FakeClient } from './fake-client.ts';
import { FakeFailure } from './handlers.ts';
import { type WireMessage, wireStatus, wireType } from './wire.ts';

/** libvirtd reads 262,144 bytes at a time and sends them as a full packet and the 24 bytes that are left. */
const packets = [262_120, 24] as const;
/** Unsent bytes at which the fake waits for the client to read, as libvirtd does with one packet at a time. */
const holeSize = 64 * 1024;

/** Sends a volume's bytes behind the reply, packet by packet, each when the socket has taken the one before. */
export function downloadOf(
  client: FakeClient,
  volume: Buffer,
  { offset, length, sparse }: { readonly offset: bigint; readonly length: bigint; readonly sparse: boolean },
): undefined {
  const { serial } = client;
  const start = Number(offset);
  const bytes = volume.subarray(start, length === 0n ? volume.length : start + Number(length));
  let sent = 0;
  let turn = 0;
  let over = false;
  const packet = (status: number, body?: Buffer, type?: number): void =>
    client.streamPacket('storageVolDownload', serial, status, body, type);
  client.streams.set(serial, {
    packet: (message) => {
      over = true;
      client.streams.delete(serial);
      if (message.status === wireStatus.ok && sent < bytes.length)
        packet(wireStatus.error, FakeClient.errorBytes(new FakeFailure(38, 'finished before the end')));
      else packet(wireStatus.ok);
    },
  });
  const next = (): void => {
    if (over || client.socket.destroyed) return;
    if (sent >= bytes.length) {
      packet(wireStatus.continue);
      return;
    }
    const hole = sparse ? zerosAt(bytes, sent) : 0;
    if (hole > 0) {
      const body = Buffer.alloc(12);
      body.writeBigInt64BE(BigInt(hole), 0);
      packet(wireStatus.continue, body, wireType.hole);
      sent += hole;
    } else {
      const size = sparse ? holeSize : (packets[turn++ % packets.length] as number);
      packet(wireStatus.continue, bytes.subarray(sent, sent + size));
      sent += Math.min(size, bytes.length - sent);
    }
    if (client.socket.writableNeedDrain) client.socket.once('drain', next);
    else setImmediate(next);
  };
  setImmediate(next);
}

/** Takes packets until the end, and hands over the whole when it is confirmed. An abort drops it. */
export function uploadTo(
  client: FakeClient,
  offset: bigint,
  sparse: boolean,
  done: (bytes: Buffer) => void,
): undefined {
  const { serial } = client;
  const parts: Buffer[] = [Buffer.alloc(Number(offset))];
  const packet = (status: number, body?: Buffer): void => client.streamPacket('storageVolUpload', serial, status, body);
  client.streams.set(serial, {
    packet: ({ status, body, type }: WireMessage) => {
      if (type === wireType.hole && sparse) parts.push(Buffer.alloc(Number(body.readBigInt64BE(0))));
      else if (type === wireType.hole || (status === wireStatus.continue && body.length > 262_120)) {
        client.streams.delete(serial);
        packet(wireStatus.error, FakeClient.errorBytes(new FakeFailure(39, 'an unexpected packet')));
      } else if (status === wireStatus.continue) parts.push(body);
      else {
        client.streams.delete(serial);
        if (status === wireStatus.ok) done(Buffer.concat(parts));
        packet(wireStatus.ok);
      }
    },
  });
}

/** How many whole stretches of zeros start at `start`. */
function zerosAt(bytes: Buffer, start: number): number {
  let end = start;
  while (end < bytes.length && bytes.subarray(end, end + holeSize).every((byte) => byte === 0))
    end = Math.min(end + holeSize, bytes.length);
  return end - start;
}
