/**
 * libvirt's framing once more, written from facts and not from src/libvirt: a client and a fake that shared one mistake
 * would agree with each other. Only the bodies are made by the client's own codecs; real bytes in test/fixtures hold those.
 */
export interface WireMessage {
  readonly program: number;
  readonly version: number;
  readonly procedure: number;
  readonly type: number;
  readonly serial: number;
  readonly status: number;
  readonly body: Buffer;
}

export const wireType = { call: 0, reply: 1, message: 2, stream: 3, hole: 6 } as const;
export const wireStatus = { ok: 0, error: 1, continue: 2 } as const;
export const wireProgram = { remote: 0x20008086, qemu: 0x20008087, keepalive: 0x6b656570 } as const;

export function wire(message: Partial<WireMessage>): Buffer {
  const { program = wireProgram.remote, version = 1, procedure = 0, type = 0, serial = 0, status = 0 } = message;
  const body = message.body ?? Buffer.alloc(0);
  const head = Buffer.alloc(28);
  [28 + body.length, program, version, procedure, type, serial, status].forEach((word, index) => {
    head.writeUInt32BE(word >>> 0, index * 4);
  });
  return Buffer.concat([head, body]);
}

/** Takes whole messages off the front of `bytes`; the rest is what is left. Throws at a length that cannot be. */
export function cut(bytes: Buffer): { messages: WireMessage[]; rest: Buffer } {
  const messages: WireMessage[] = [];
  let rest = bytes;
  while (rest.length >= 4) {
    const length = rest.readUInt32BE(0);
    if (length < 28 || length > 33554436) throw new Error(`a message of ${length} bytes`);
    if (rest.length < length) break;
    messages.push({
      program: rest.readUInt32BE(4),
      version: rest.readUInt32BE(8),
      procedure: rest.readInt32BE(12),
      type: rest.readInt32BE(16),
      serial: rest.readUInt32BE(20),
      status: rest.readInt32BE(24),
      body: Buffer.from(rest.subarray(28, length)),
    });
    rest = rest.subarray(length);
  }
  return { messages, rest };
}
