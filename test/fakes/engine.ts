import { onTestFinished } from 'vitest';
import { createIdSource } from '../../src/domain/id.ts';
import { type EngineOptions, startOperations } from '../../src/operations/engine.ts';
import type { OperationKind } from '../../src/operations/operation-kind.ts';
import type { Operations } from '../../src/operations/operations.ts';
import { openSameThreadDatabase } from './same-thread-database.ts';
import { openTestJournal } from './sqlite-journal.ts';

/** An engine on a real journal, closed when the test is over. */
export async function startTestEngine(
  kinds: readonly OperationKind[],
  more: Partial<EngineOptions> & { folder?: string } = {},
) {
  const { folder, ...options } = more;
  const fixture = await openTestJournal(folder, openSameThreadDatabase);
  const complaints: unknown[] = [];
  const operations = await startOperations({
    journal: fixture.journal,
    kinds,
    nodeId: 'node-1',
    host: 'here',
    createId: createIdSource(),
    log: { warn: () => undefined, error: (facts) => complaints.push(facts) },
    queueLimit: 100,
    graceMs: 0,
    ...options,
  });
  let closed: Promise<void> | undefined;
  const close = () => {
    closed ??= operations.close().then(() => fixture.close());
    return closed;
  };
  onTestFinished(close);
  return { operations, journal: options.journal ?? fixture.journal, kept: fixture.kept, complaints, close };
}

/** Submits one operation of a kind and answers it. */
export async function submitOne(operations: Operations, subject: string, kind = 'TOY') {
  return operations.submitOne(
    { kind, subjects: [subject], request: { subject }, message: 'Queued' },
    { actor: 'tester' },
  );
}
