import { parentPort, workerData } from 'node:worker_threads';
import type { ModuleReference } from '../../src/domain/module-reference.ts';
import type { OpenStore } from '../../src/storage/artifact-store.ts';

// A thread that knows the contract only: it opens the store that it is given the address of, and commits one artifact.

const { module, options } = workerData as ModuleReference;
const { openStore } = (await import(module)) as { openStore: OpenStore };
const store = await openStore(options);
const writer = await store.begin({ folder: 'thread', file: 'image' }, 13);
await writer.write(new TextEncoder().encode('from a thread'));
const { sha256 } = await writer.commit((proof) => ({ sha256: proof.sha256 }));
await store.close();
parentPort?.postMessage(sha256);
