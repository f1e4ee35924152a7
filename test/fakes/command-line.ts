import { createLocalToken } from '../../src/access/local-token.ts';
import { runProgram } from '../../src/cli/program.ts';

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
    onOut?: (text: string) => void;
  } = {},
) {
  let out = '';
  let told = '';
  const code = await runProgram(args, {
    version: '1.2.3',
    url,
    token: more.token ?? null,
    memwatch: { dashboardUrl: null, strategy: null, sessionId: null },
    signal: more.signal ?? new AbortController().signal,
    columns: more.columns ?? null,
    terminal: more.terminal ?? false,
    out: (text) => {
      out += text;
      more.onOut?.(text);
    },
    tell: (text) => {
      told += text;
    },
    localTokens: { create: (request) => createLocalToken(more.dataDir ?? '', request) },
    serve: async () => {},
    ownServer: async () => ({ url, close: async () => {} }),
  });
  return { code, out, told };
}
