import { chmod, lstat, mkdir } from 'node:fs/promises';
import type { HostFinding } from './finding.ts';

/** Does what is harmless: makes a missing folder, closes an open one to others. Answers a sentence for each; nothing else is touched. */
export async function fixHost(findings: readonly HostFinding[]): Promise<string[]> {
  const said: string[] = [];
  for (const { fix } of findings) {
    if (fix === null) continue;
    try {
      if (fix.type === 'make-folder') {
        await mkdir(fix.path, { recursive: true, mode: 0o700 });
        said.push(`made ${fix.path}`);
      } else if ((await lstat(fix.path)).isDirectory()) {
        await chmod(fix.path, fix.mode);
        said.push(`${fix.path} has mode ${fix.mode.toString(8)} now`);
      }
    } catch (error) {
      said.push(`${fix.path} could not be mended: ${(error as Error).message}`);
    }
  }
  return said;
}
