import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Connection } from '../../src/libvirt/connection.ts';
import { knownOptions } from '../../src/libvirt/connection-options.ts';
import { errorBody } from '../../src/libvirt/protocol/error-body.ts';
import { eventByMessage } from '../../src/libvirt/protocol/events.ts';
import { messageStatus, messageType } from '../../src/libvirt/protocol/header.ts';
import { decodeBody, encodeMessage } from '../../src/libvirt/protocol/message.ts';
import type { Procedure } from '../../src/libvirt/protocol/procedure.ts';
import { type ProcedureName, procedures } from '../../src/libvirt/protocol/procedures.ts';
import { streamHole } from '../../src/libvirt/protocol/stream-hole.ts';
import { type Frame, FrameReader } from '../../src/libvirt/rpc/frame-reader.ts';
import { isHole, type StreamPart } from '../../src/libvirt/rpc/stream-port.ts';
import type { Codec } from '../../src/libvirt/xdr/codec.ts';
import { struct } from '../../src/libvirt/xdr/compound.ts';
import { int } from '../../src/libvirt/xdr/scalars.ts';
import { MemoryDuplex } from '../fakes/libvirt/memory-duplex.ts';

// Origin: test/fixtures/libvirt/*/ORIGIN.md. What virsh and two generations of libvirtd said to each other.
const fixtures = join(import.meta.dirname, '../fixtures/libvirt');

interface Message {
  readonly connection: number;
  readonly from: 'client' | 'server';
  readonly bytes: Buffer;
  readonly frame: Frame;
}

function recording(generation: string, file: string): Message[] {
  const text = readFileSync(join(fixtures, generation, file), 'utf8').trim();
  return text.split('\n').map((line) => {
    const { connection, from, hex } = JSON.parse(line) as {
      connection: number;
      from: 'client' | 'server';
      hex: string;
    };
    const bytes = Buffer.from(hex, 'hex');
    const frames: Frame[] = [];
    new FrameReader((frame) => frames.push(frame)).push(bytes);
    expect(frames).toHaveLength(1);
    return { connection, from, bytes, frame: frames[0] as Frame };
  });
}

const table = Object.entries(procedures) as [ProcedureName, Procedure][];

/** What a message says and by which codec: undefined where the body is no XDR, or of a procedure that we do not have. */
function codecOf({ from, frame: { header } }: Message): [string, Codec<unknown>] | undefined {
  const entry = table.find(([, { program, number }]) => program === header.program && number === header.procedure);
  if (header.type === messageType.message) {
    const event = eventByMessage(header.program, header.procedure);
    if (event === undefined) return undefined;
    return [`event ${header.procedure}`, struct({ callbackId: int, event: event.body }) as Codec<unknown>];
  }
  if (header.type === messageType.streamHole) return ['hole', streamHole as Codec<unknown>];
  if (header.status === messageStatus.error && header.type !== messageType.call)
    return header.type === messageType.stream && from === 'client' ? undefined : ['error', errorBody as Codec<unknown>];
  if (entry === undefined || header.type === messageType.stream) return undefined;
  const [name, procedure] = entry;
  return header.type === messageType.call ? [`call ${name}`, procedure.args] : [`reply ${name}`, procedure.reply];
}

describe.each(readdirSync(fixtures))('recorded traffic of %s', (generation) => {
  const files = readdirSync(join(fixtures, generation)).filter((name) => name.endsWith('.ndjson'));

  it.each(files)('%s is read and written again, byte by byte', (file) => {
    const met = new Set<string>();
    for (const message of recording(generation, file)) {
      const known = codecOf(message);
      if (known === undefined) continue;
      const [what, codec] = known;
      const value = decodeBody(message.frame.body, codec);
      expect(encodeMessage(message.frame.header, codec, value).toString('hex'), what).toBe(
        message.bytes.toString('hex'),
      );
      met.add(what);
    }
    expect([...met]).toEqual(expect.arrayContaining(['call authList', 'reply authList', 'call connectOpen']));
    const particular: Record<string, string[]> = {
      'queries.ndjson': ['reply connectGetAllDomainStats', 'reply domainGetXmlDesc', 'reply domainQemuMonitorCommand'],
      'refusals.ndjson': ['error', 'call domainCoreDump', 'call domainAbortJob'],
      'dump.ndjson': ['call domainCoreDumpWithFormat', 'reply domainCoreDumpWithFormat'],
      'events.ndjson': ['event 318', 'event 6', 'call connectDomainEventCallbackRegisterAny'],
      'streams.ndjson': ['hole', 'call storageVolUpload', 'call storageVolDownload'],
    };
    expect([...met]).toEqual(expect.arrayContaining(particular[file] ?? ['a file that this test knows']));
  });

  it('streams: a download is what had been uploaded, and we finish it as virsh does', async () => {
    const messages = recording(generation, 'streams.ndjson');
    const calls = messages.filter(
      ({ frame: { header } }) =>
        header.type === messageType.call && header.procedure === procedures.storageVolDownload.number,
    );
    expect(calls).toHaveLength(2);
    for (const call of calls) {
      const { serial } = call.frame.header;
      const ofStream = messages.filter(
        ({ connection, frame: { header } }) =>
          connection === call.connection &&
          header.serial === serial &&
          header.procedure === call.frame.header.procedure,
      );
      const duplex = new MemoryDuplex();
      const connection = new Connection('recorded', duplex, knownOptions({}));
      const { volume, offset, length, flags } = decodeBody(call.frame.body, procedures.storageVolDownload.args);
      const sparse = flags === 1;
      const opening = connection.download(volume, { offset, length, sparse });
      for (const { bytes } of ofStream.filter(({ from }) => from === 'server')) duplex.feed(renumbered(bytes, 1));
      const parts = (await (await opening).toArray()) as StreamPart[];
      const whole = Buffer.concat(parts.map((part) => (isHole(part) ? Buffer.alloc(Number(part.holeBytes)) : part)));
      // The recording uploaded 3000 bytes of "memoir " and zeros behind them.
      expect(whole.subarray(0, 3000).equals(Buffer.alloc(3000, 'memoir '))).toBe(true);
      expect(whole.subarray(3000).every((byte) => byte === 0)).toBe(true);
      expect(whole.length).toBe(sparse ? 1 << 16 : 3000);
      expect(parts.some(isHole)).toBe(sparse);
      const theirs = ofStream.filter(({ from }) => from === 'client').map(({ bytes }) => renumbered(bytes, 1));
      expect(Buffer.concat(duplex.sent).toString('hex')).toBe(Buffer.concat(theirs).toString('hex'));
      connection.end(undefined);
    }
  });
});

/** The message under another serial. */
function renumbered(bytes: Buffer, serial: number): Buffer {
  const copy = Buffer.from(bytes);
  copy.writeUInt32BE(serial, 20);
  return copy;
}
