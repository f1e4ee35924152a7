import { Duplex } from 'node:stream';

/** A connection without a socket: what the client sends is kept, and the test says what comes. */
export class MemoryDuplex extends Duplex {
  readonly sent: Buffer[] = [];

  constructor() {
    super({ allowHalfOpen: false });
  }

  /** The peer sends this. */
  feed(bytes: Buffer): void {
    if (!this.destroyed) this.push(bytes);
  }

  /** The peer hangs up. */
  hangUp(): void {
    if (!this.destroyed) this.push(null);
  }

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.sent.push(chunk);
    done();
  }
}
