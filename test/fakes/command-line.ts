import { join } from 'node:path';
import { createLocalToken } from '../../src/access/local-token.ts';
import { createBackup } from '../../src/backup.ts';
import type { ShownConfig } from '../../src/cli/commands/config.ts';
import type { HostDoctor } from '../../src/cli/commands/doctor.ts';
import type { MemwatchDefaults } from '../../src/cli/memwatch/commands.ts';
import { runProgram } from '../../src/cli/program.ts';
import { extractFile, inspectFile, verifyFile } from '../../src/dumps/artifact-file.ts';

/** Runs one command in this process, as `main.ts` would, and keeps what it says. */
export async function memoir(
  url: string,
  args: readonly string[],
  more: {
    token?: string;
    terminal?: boolean;
    columns?: number;
    signal?: AbortSignal;
    dataDir?: string;
    /** What the old tool was told by its environment. */
    memwatch?: Partial<MemwatchDefaults>;
    configFolder?: string;
    /** Whether the address was named by a person; a context's is taken otherwise. */
    isUrlSet?: boolean;
    /** What is given on standard input. */
    stdin?: string;
    config?: ShownConfig;
    doctor?: HostDoctor;
    onOut?: (text: string) => void;
    onTell?: (text: string) => void;
  } = {},
) {
  let out = '';
  let told = '';
  const code = await runProgram(args, {
    version: '1.2.3',
    url,
    isUrlSet: more.isUrlSet ?? true,
    token: more.token ?? null,
    configFolder: more.configFolder ?? '/nonexistent',
    memwatch: { dashboardUrl: null, strategy: null, sessionId: null, ...more.memwatch },
    signal: more.signal ?? new AbortController().signal,
    columns: more.columns ?? null,
    terminal: more.terminal ?? false,
    out: (text) => {
      out += text;
      more.onOut?.(text);
    },
    tell: (text) => {
      told += text;
      more.onTell?.(text);
    },
    localTokens: { create: (request) => createLocalToken(more.dataDir ?? '', request) },
    artifactFiles: { verify: verifyFile, inspect: inspectFile, extract: extractFile },
    backup: {
      create: (folder) =>
        createBackup({ dataDir: more.dataDir ?? '', dumpDir: join(more.dataDir ?? '', 'dumps'), heapDir: '' }, folder),
    },
    doctor: more.doctor ?? { examine: async () => ({ findings: [], fix: async () => [] }) },
    config: () => more.config ?? { file: { path: '', found: false }, warnings: [], fault: null, settings: [] },
    readToken: async () => more.stdin ?? null,
    serve: async () => {},
    ownServer: async () => ({ url, close: async () => {} }),
  });
  return { code, out, told };
}
