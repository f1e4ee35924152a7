import { execFile } from 'node:child_process';
import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { memoir as memoirHere } from '../fakes/command-line.ts';
import { type ServerProcess, startServer } from '../server-process.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { thorough } from '../thorough.ts';

const run = promisify(execFile);

/** What a list says, asked for within this process: starting another one takes longer than all that it does. */
async function records(server: ServerProcess): Promise<{ id: string }[]> {
  return JSON.parse((await memoirHere(server.url, ['records', '--json'])).out);
}

async function memoir(server: ServerProcess, ...args: string[]): Promise<{ code: number; out: string }> {
  const words = ['src/main.ts', '--url', server.url, '--json', ...args];
  return run(process.execPath, words).then(
    ({ stdout }) => ({ code: 0, out: stdout }),
    ({ code, stdout }: { code: number; stdout: string }) => ({ code, out: stdout }),
  );
}

it.runIf(thorough)('a server whose database was deleted has its records back after `memoir reindex`', async () => {
  const folder = temporaryFolder();
  const first = await startServer(folder);
  for (let dump = 0; dump < 2; dump += 1) expect((await memoir(first, 'dump', 'web-01', '--watch')).code).toBe(0);
  const before = await records(first);
  expect(before).toMatchObject({ length: 2 });
  await first.end('SIGTERM');

  for (const name of readdirSync(folder)) if (name.startsWith('memoir.sqlite')) rmSync(join(folder, name));
  const second = await startServer(folder);
  expect(await records(second)).toEqual([]);
  // The start says so, and the API offers it as long as it is of use.
  expect(second.output()).toContain('`memoir reindex` brings them back');
  expect(await second.query('{ service { reindexAdvised } }')).toEqual({ service: { reindexAdvised: true } });
  const rebuilt = await memoir(second, 'reindex');
  expect(rebuilt.code).toBe(0);
  expect(await second.query('{ service { reindexAdvised } }')).toEqual({ service: { reindexAdvised: false } });
  expect(JSON.parse(rebuilt.out)).toMatchObject({
    state: 'COMPLETED',
    report: { found: 2, added: 2, known: 0, broken: 0, faults: [] },
  });
  const after = await records(second);
  expect(after).toEqual(before);
  expect((await memoirHere(second.url, ['verify', (after[0] as { id: string }).id])).code).toBe(0);

  // A manifest that someone has spoilt is named, and the command says so by its exit code.
  const [manifest] = readdirSync(join(folder, 'dumps'), { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.json'),
  );
  writeFileSync(join(folder, 'dumps', manifest as string), '{}');
  const spoilt = await memoir(second, 'reindex');
  expect(spoilt.code).toBe(1);
  expect(JSON.parse(spoilt.out).report.faults).toEqual([
    { location: expect.stringContaining((manifest as string).slice(0, -5)), reason: expect.any(String) },
  ]);
});
