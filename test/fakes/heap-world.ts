import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { Json } from '../../src/domain/json.ts';
import { HeapAnalysis } from '../../src/heaps/analysis/heap-analysis.ts';
import { createHeapCaptureKind } from '../../src/heaps/capture-kind.ts';
import { HeapCaptures } from '../../src/heaps/captures/heap-captures.ts';
import { createHeaps } from '../../src/heaps/heap-service.ts';
import type { HeapTargets, TargetKind } from '../../src/heaps/heap-target.ts';
import { createProcessTargets } from '../../src/heaps/process/process-targets.ts';
import { createSqliteCaptures } from '../../src/heaps/sqlite/sqlite-captures.ts';
import { createHeapVerifyKind } from '../../src/heaps/verification/heap-verify-kind.ts';
import type { OperationKind } from '../../src/operations/operation-kind.ts';
import { directoryStoreModule, openStore } from '../../src/storage/directory/directory-store.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { startTestEngine } from './engine.ts';
import { openSameThreadDatabase } from './same-thread-database.ts';

/** The room of heap captures on a real engine and a real folder, closed when the test is over. */
export async function openHeapWorld({
  targets = createProcessTargets() as HeapTargets,
  folder = temporaryFolder(),
  /** What threads open the store with. */
  module = directoryStoreModule,
} = {}) {
  const reference = { module, options: { folder: join(folder, 'heaps') } as Json };
  const store = await openStore(reference.options);
  const database = openSameThreadDatabase(join(folder, 'heaps.db'));
  const catalogue = await createSqliteCaptures(database);
  const captures = new HeapCaptures(store, catalogue);
  const byKind = new Map<TargetKind, HeapTargets>([[targets.kind, targets]]);
  const kind = createHeapCaptureKind({ targets: byKind, store, captures, host: 'here' });
  const verify = createHeapVerifyKind(reference, captures);
  const engine = await startTestEngine([kind, verify] as unknown as OperationKind[]);
  const analysis = new HeapAnalysis(reference, join(folder, 'analysis'));
  const { operations } = engine;
  const heaps = createHeaps({ operations, targets: byKind, store, captures, analysis, redact: false, host: 'here' });
  onTestFinished(async () => {
    await engine.close();
    await heaps.close();
    await store.close();
    await database.close();
  });
  return { heaps, operations, store, captures, catalogue, folder };
}
