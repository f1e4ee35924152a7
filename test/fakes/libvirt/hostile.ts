/** Numbers from 0 to below 1 that depend on the seed alone (mulberry32), so that a failure can be shown again. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Words that break careless readers of lengths, counts and ids. */
const nastyWords = [
  0, 1, 27, 28, 29, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff, 33_554_436, 33_554_437, 262_144, 0x6b65_6570,
];

/** Turns honest messages into hostile byte streams. */
export class Mutator {
  readonly #random: () => number;

  constructor(random: () => number) {
    this.#random = random;
  }

  /** Some of the messages, in any order and number, changed in some ways, cut into some chunks. */
  hostile(honest: readonly Buffer[], lies: readonly Buffer[]): Buffer[] {
    const messages: Buffer[] = [];
    const count = 1 + this.#below(6);
    while (messages.length < count) {
      const source = this.#random() < 0.85 ? honest : lies;
      messages.push(Buffer.from(source[this.#below(source.length)] as Buffer));
    }
    let bytes: Buffer = Buffer.concat(messages);
    const changes = this.#below(5);
    for (let change = 0; change < changes; change++) bytes = this.#change(bytes);
    return this.#cut(bytes);
  }

  #change(bytes: Buffer): Buffer {
    const at = this.#below(bytes.length + 1);
    switch (this.#below(7)) {
      case 0: {
        // One bit.
        if (at < bytes.length) bytes[at] = (bytes[at] as number) ^ (1 << this.#below(8));
        return bytes;
      }
      case 1: {
        // One word, aligned like the protocol's.
        const word = at & ~3;
        if (word + 4 <= bytes.length) bytes.writeUInt32BE(nastyWords[this.#below(nastyWords.length)] as number, word);
        return bytes;
      }
      case 2:
        // The length of the first message.
        if (bytes.length >= 4) bytes.writeUInt32BE(this.#below(2 ** 32), 0);
        return bytes;
      case 3:
        return bytes.subarray(0, at);
      case 4:
        return Buffer.concat([bytes.subarray(0, at), this.#garbage(this.#below(64)), bytes.subarray(at)]);
      case 5:
        return Buffer.concat([bytes.subarray(0, at), bytes.subarray(Math.min(bytes.length, at + this.#below(40)))]);
      default:
        return Buffer.concat([bytes, bytes.subarray(at)]);
    }
  }

  #garbage(length: number): Buffer {
    return Buffer.from(Array.from({ length }, () => this.#below(256)));
  }

  #cut(bytes: Buffer): Buffer[] {
    const chunks: Buffer[] = [];
    const longest = [bytes.length + 1, 64, 7, 1][this.#below(4)] as number;
    for (let start = 0; start < bytes.length; ) {
      const end = start + 1 + this.#below(longest);
      chunks.push(bytes.subarray(start, end));
      start = end;
    }
    return chunks;
  }

  #below(limit: number): number {
    return Math.floor(this.#random() * limit);
  }
}
