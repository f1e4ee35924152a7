import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** A folder for one test, gone when the test is over. To be called inside of a test or a hook of one. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'memoir-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
