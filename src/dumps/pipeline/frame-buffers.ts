/** Buffers of one frame each, zero when they are taken. None is made while one is free: never more than were in use together. */
export class FrameBuffers {
  readonly frameBytes: number;
  readonly #spares: Uint8Array[] = [];

  constructor(frameBytes: number) {
    this.frameBytes = frameBytes;
  }

  take(): Uint8Array {
    return this.#spares.pop() ?? new Uint8Array(this.frameBytes);
  }

  /** Takes back a buffer, or what is left of a view of one; anything else is left to the collector. */
  giveBack(content: Uint8Array): void {
    if (content.byteOffset !== 0 || content.buffer.byteLength !== this.frameBytes) return;
    const spare = new Uint8Array(content.buffer as ArrayBuffer);
    spare.fill(0);
    this.#spares.push(spare);
  }
}
