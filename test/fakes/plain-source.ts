import type { Json } from '../../src/domain/json.ts';
import { type MemorySource, type OpenSource, pageBytes } from '../../src/machines/memory-source.ts';

/** What a test asks of the source: loaded by module on the capture's own thread. */
export type PlainSourceOptions = {
  readonly memoryBytes: number;
  /** Bytes of the fill; 0 makes zero pages. */
  readonly fill: number;
  /** Last page first. */
  readonly descending?: boolean;
  /** After so many bytes nothing comes any more, until it is ended. */
  readonly hangAfterBytes?: number;
};

export const plainSourceModule = import.meta.url;

/** One range of memory, each page filled with the same byte, in any order. */
export const openSource: OpenSource = async (options: Json): Promise<MemorySource> => {
  const { memoryBytes, fill, descending = false, hangAfterBytes = memoryBytes } = options as PlainSourceOptions;
  return {
    async read(sink, signal) {
      const chunk = Buffer.alloc(16 * pageBytes, fill);
      sink.layout({
        architecture: 'x86_64',
        ranges: [{ start: 0n, end: BigInt(memoryBytes) }],
        cpuCount: 0,
        cpuNotesBytes: 0,
      });
      for (let done = 0; done < hangAfterBytes; done += chunk.length) {
        const at = descending ? memoryBytes - done - chunk.length : done;
        if (fill === 0) sink.zero(at, chunk.length);
        else sink.data(at, chunk);
        sink.received(done + chunk.length);
        signal.throwIfAborted();
      }
      if (hangAfterBytes < memoryBytes)
        await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }));
      return { machine: 'x86_64', cpuNotes: [], vmcoreinfo: null, kernelAddress: null, warnings: [] };
    },
    close: async () => undefined,
  };
};
