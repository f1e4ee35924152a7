import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

function usedBytes(): number {
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** Bytes that something still holds, in the heap and in buffers: what the process has beside that says what ran before. */
export function heldBytes(): number {
  collect();
  // Buffers that nobody holds are given back beside the collector; a second round ends that of the first.
  collect();
  return usedBytes();
}

/**
 * By how much more is held than at this call, for whoever asks whether it is less than `limitBytes`. Collecting takes long in a
 * process of many tests: where everything in use, garbage included, has grown by less, nothing has to be collected to know.
 */
export function watchHeldBytes(limitBytes: number): () => number {
  const before = heldBytes();
  return () => {
    const grownBytes = usedBytes() - before;
    return grownBytes < limitBytes ? grownBytes : heldBytes() - before;
  };
}
