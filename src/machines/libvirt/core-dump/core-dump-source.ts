import { MemoirError } from '../../../domain/memoir-error.ts';
import { CoreReader } from '../../../formats/elf/core-reader.ts';
import type { MemorySink, MemorySource, MemoryTail } from '../../memory-source.ts';
import { sourceType } from '../../source-type.ts';
import { drain } from '../drain.ts';
import { toFailure } from '../failure.ts';
import type { PrivatePlace } from '../meeting-place.ts';
import { CorePages } from './core-pages.ts';
import { Fifo } from './fifo.ts';

/** What a plan carries to the thread that reads: where the FIFO will be. */
export type CoreDumpSourceOptions = { readonly place: PrivatePlace };

export const coreDumpSource = sourceType<CoreDumpSourceOptions>(import.meta.url);

/** Makes the FIFO and opens its read end, so that its writer never waits for a reader. */
export async function openSource({ place }: CoreDumpSourceOptions): Promise<MemorySource> {
  return new CoreDumpSource(await Fifo.open(place));
}

const nothingWritten = (): MemoirError =>
  new MemoirError('CAPTURE_FAILED', 'the hypervisor wrote nothing into the dump', { details: { fault: 'EMPTY' } });

class CoreDumpSource implements MemorySource {
  readonly #fifo: Fifo;
  readonly #closing = new AbortController();

  constructor(fifo: Fifo) {
    this.#fifo = fifo;
  }

  async read(sink: MemorySink, signal: AbortSignal): Promise<MemoryTail> {
    const pages = new CorePages(sink);
    const reader = new CoreReader(pages);
    let receivedBytes = 0;
    try {
      // The guest is paused until the last byte is read or this end is closed, and `drain` does the one or the other.
      await drain(this.#fifo.reading, AbortSignal.any([signal, this.#closing.signal]), (chunk) => {
        reader.push(chunk);
        receivedBytes += chunk.length;
        sink.received(receivedBytes);
      });
      // A dump that was refused ends without a byte: that is no stream, and says nothing about its form.
      if (receivedBytes === 0) throw nothingWritten();
      reader.end();
      return pages.tail();
    } catch (error) {
      throw toFailure(error, 'the core dump');
    }
  }

  async close(): Promise<void> {
    this.#closing.abort(new MemoirError('CAPTURE_FAILED', 'the source was closed before its end'));
    await this.#fifo.close();
  }
}
