import { execFile } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { temporaryFolder } from '../temporary-folder.ts';
import { thorough } from '../thorough.ts';

const run = promisify(execFile);
const script = new URL('../fakes/retention-child.ts', import.meta.url).pathname;

interface State {
  readonly staying: readonly string[];
  readonly going: readonly string[];
  readonly records: readonly { readonly id: string; readonly state: string }[];
  readonly files: readonly string[];
  readonly steps: number;
}

/** Null if it was killed. */
async function child(folder: string, what: string, given = 0): Promise<State | null> {
  try {
    const { stdout } = await run(process.execPath, [script, folder, what, `${given}`]);
    return JSON.parse(/^STATE (.*)$/m.exec(stdout)?.[1] as string);
  } catch (error) {
    if ((error as { signal?: string }).signal === 'SIGKILL') return null;
    throw error;
  }
}

async function prepare(count: number): Promise<{ folder: string; preview: State }> {
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'dumps'));
  return { folder, preview: (await child(folder, 'prepare', count)) as State };
}

const idsOf = (files: readonly string[]) => files.map((name) => /_([^.]+)\./.exec(name)?.[1] as string).sort();
const deleted = ({ records }: State) => records.filter(({ state }) => state === 'DELETED').map(({ id }) => id);

it('what the preview names is what goes: records marked, files gone, nothing else', async () => {
  const { folder, preview } = await prepare(20);
  expect(preview.staying.length).toBe(7);
  const after = (await child(folder, 'run')) as State;
  expect(deleted(after)).toEqual(preview.going);
  expect(idsOf(after.files)).toEqual([...preview.staying].sort());
  expect(after.records).toHaveLength(20);
}, 60_000);

it('a server that is killed in the middle has removed some, and the next run removes the rest: never more than the preview said', async () => {
  const { folder, preview } = await prepare(thorough ? 40 : 16);
  let kills = 0;
  for (const killAt of [1, 2, 3, 4, 7]) if ((await child(folder, 'run', killAt)) === null) kills++;
  expect(kills).toBe(5);
  const between = (await child(folder, 'look')) as State;
  // What is marked is gone, and what is not marked is there.
  expect(idsOf(between.files)).toEqual(
    between.records
      .filter(({ state }) => state === 'AVAILABLE')
      .map(({ id }) => id)
      .sort(),
  );
  for (const id of deleted(between)) expect(preview.going).toContain(id);
  const after = (await child(folder, 'run')) as State;
  expect(deleted(after)).toEqual(preview.going);
  expect(idsOf(after.files)).toEqual([...preview.staying].sort());
}, 120_000);

it('want of space takes the oldest that may go, and spares what is held', async () => {
  const { folder, preview } = await prepare(8);
  const after = (await child(folder, 'room', 250)) as State;
  const all = preview.records.map(({ id }) => id);
  expect(deleted(after)).toEqual(all.slice(0, 3));
  const more = (await child(folder, 'room', 200)) as State;
  expect(deleted(more)).toEqual([...all.slice(0, 3), ...all.slice(4, 6)]);
}, 60_000);
