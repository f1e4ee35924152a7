import { untilAborted } from '../../../async/until-aborted.ts';
import { MemoirError } from '../../../domain/memoir-error.ts';
import type { MemorySink, MemorySource, MemoryTail } from '../../memory-source.ts';
import { sourceType } from '../../source-type.ts';
import { breathe, drain } from '../drain.ts';
import { toFailure } from '../failure.ts';
import { SnapshotReader, type SnapshotShape } from './snapshot-reader.ts';
import { SnapshotSocket, type SnapshotSockets } from './snapshot-socket.ts';

/** What a plan carries to the thread that reads. */
export type SnapshotSourceOptions = SnapshotShape & SnapshotSockets;

export const snapshotSource = sourceType<SnapshotSourceOptions>(import.meta.url);

/** Listens for the guest's QEMU. */
export async function openSource(settings: SnapshotSourceOptions): Promise<MemorySource> {
  return new SnapshotSource(settings, await SnapshotSocket.listen(settings));
}

class SnapshotSource implements MemorySource {
  readonly #shape: SnapshotShape;
  readonly #listening: SnapshotSocket;
  readonly #closing = new AbortController();

  constructor(shape: SnapshotShape, listening: SnapshotSocket) {
    this.#shape = shape;
    this.#listening = listening;
  }

  /** Reads as fast as bytes come: a guest's writes wait for us. */
  async read(sink: MemorySink, signal: AbortSignal): Promise<MemoryTail> {
    const ended = AbortSignal.any([signal, this.#closing.signal]);
    const reader = new SnapshotReader(this.#shape, sink);
    try {
      await drain(await untilAborted(this.#listening.connected, ended), ended, (chunk) => {
        reader.push(chunk);
        breathe(chunk);
      });
      return reader.end();
    } catch (error) {
      throw toFailure(error, 'the snapshot’s stream');
    }
  }

  async close(): Promise<void> {
    this.#closing.abort(new MemoirError('CAPTURE_FAILED', 'the source was closed before its end'));
    await this.#listening.close();
  }
}
