import type { ArtifactKey, ArtifactStore } from './artifact-store.ts';

/** The same store, and whether somebody reads one of its artifacts at this moment through it. */
export interface OpenArtifacts {
  readonly store: ArtifactStore;
  /** By its `location`, which ends with folder and file. */
  isOpen(location: string): boolean;
}

const nameOf = ({ folder, file }: ArtifactKey): string => `${folder}/${file}`;

/** Counts readers. What other threads and processes read is not seen: verifications are operations, and known as such. */
export function countReaders(store: ArtifactStore): OpenArtifacts {
  const readers = new Map<string, number>();
  const count = (name: string, change: 1 | -1) => {
    const left = (readers.get(name) ?? 0) + change;
    if (left === 0) readers.delete(name);
    else readers.set(name, left);
  };
  return {
    isOpen: (location) => readers.has(location.split('/').slice(-2).join('/')),
    store: {
      location: store.location,
      begin: (key, expectedBytes) => store.begin(key, expectedBytes),
      find: (key) => store.find(key),
      manifest: (key) => store.manifest(key),
      remove: (key) => store.remove(key),
      list: () => store.list(),
      sweep: () => store.sweep(),
      space: () => store.space(),
      close: () => store.close(),
      async open(key) {
        const name = nameOf(key);
        count(name, 1);
        try {
          const reader = await store.open(key);
          let isClosed = false;
          return {
            sizeBytes: reader.sizeBytes,
            read: (offset, length) => reader.read(offset, length),
            async close() {
              if (!isClosed) count(name, -1);
              isClosed = true;
              await reader.close();
            },
          };
        } catch (error) {
          count(name, -1);
          throw error;
        }
      },
    },
  };
}
