import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { type CaptureNote, CaptureNotes } from '../../../src/machines/libvirt/guest/capture-note.ts';
import { temporaryFolder } from '../../temporary-folder.ts';

const note: CaptureNote = {
  machineId: '11111111-1111-4111-8111-111111111111',
  machineName: 'db01',
  domainId: 7,
  method: 'SNAPSHOT',
  wasRunning: true,
  touched: false,
  interruptible: true,
  places: [],
  sockets: [],
  volume: null,
};
const other = '22222222-2222-4222-8222-222222222222';

function notesIn(stateFolder = temporaryFolder()) {
  return { notes: new CaptureNotes(stateFolder), folder: join(stateFolder, 'captures') };
}

it('what a killed server was writing of a note is swept; whole notes and those of a running capture stay', async () => {
  const { notes, folder } = notesIn();
  expect(await notes.create(note)).toBe(true);
  expect(await notes.create(note)).toBe(false);
  for (const name of [`${note.machineId}.json.partial`, `${other}.json.partial`, 'of somebody else'])
    writeFileSync(join(folder, name), '{"mach');
  await notes.sweep((id) => id === other);
  expect(readdirSync(folder).sort()).toEqual(
    [`${note.machineId}.json`, `${other}.json.partial`, 'of somebody else'].sort(),
  );
  expect(await notes.all()).toEqual([note]);
});

it('what its capture has just finished is swept by nobody', async () => {
  const { notes, folder } = notesIn();
  await notes.create(note);
  const partial = join(folder, `${other}.json.partial`);
  writeFileSync(partial, '');
  const finished = (): boolean => {
    rmSync(partial);
    return false;
  };
  await expect(notes.sweep(finished)).resolves.toBeUndefined();
});

it('a note is for this server alone, and leaves nothing else behind', async () => {
  const { notes, folder } = notesIn();
  await notes.create(note);
  expect(readdirSync(folder)).toEqual([`${note.machineId}.json`]);
  expect(statSync(folder).mode & 0o777).toBe(0o700);
  expect(statSync(join(folder, `${note.machineId}.json`)).mode & 0o777).toBe(0o600);
});

it('an earlier capture’s note is not overwritten by a new one; the capture that has it adds to it', async () => {
  const { notes, folder } = notesIn();
  await notes.create(note);
  expect(await notes.create({ ...note, domainId: 8 })).toBe(false);
  expect(await notes.all()).toEqual([note]);
  expect(readdirSync(folder)).toEqual([`${note.machineId}.json`]);
  const more = { ...note, touched: true, volume: { pool: 'default', name: 'memoir-1' } };
  await notes.update(more);
  expect(await notes.all()).toEqual([more]);
  expect(readdirSync(folder)).toEqual([`${note.machineId}.json`]);
});

it('a note that is removed is gone, also if it is removed again', async () => {
  const { notes } = notesIn();
  await notes.create(note);
  await notes.remove(note.machineId);
  await notes.remove(note.machineId);
  expect(await notes.all()).toEqual([]);
  expect(await notes.create(note)).toBe(true);
});

it('before the first capture there is nothing to read, to sweep or to remove', async () => {
  const { notes, folder } = notesIn();
  expect(await notes.all()).toEqual([]);
  await notes.sweep(() => false);
  await notes.remove(note.machineId);
  expect(existsSync(folder)).toBe(false);
});

it('a note that cannot be written fails its capture', async () => {
  const { notes, folder } = notesIn();
  writeFileSync(folder, 'a file where the folder belongs');
  await expect(notes.create(note)).rejects.toMatchObject({ code: 'EEXIST' });
  const { notes: others, folder: full } = notesIn();
  mkdirSync(full);
  // What is linked must be a file, and its place free: with a folder in the way it is neither note nor “already noted”.
  mkdirSync(join(full, `${note.machineId}.json.partial`));
  await expect(others.create(note)).rejects.toMatchObject({ code: 'EISDIR' });
});

it('files that are no notes are left where they are, and not read', async () => {
  const { notes, folder } = notesIn();
  await notes.create(note);
  const copy = JSON.stringify(note);
  const strange: Record<string, string> = {
    'not-a-uuid.json': copy,
    [`${other}.txt`]: JSON.stringify({ ...note, machineId: other }),
    [`${other}.json`]: copy,
    '33333333-3333-4333-8333-333333333333.json': '{"half',
    '44444444-4444-4444-8444-444444444444.json': JSON.stringify({
      ...note,
      machineId: '44444444-4444-4444-8444-444444444444',
      places: 'none',
    }),
  };
  for (const [name, text] of Object.entries(strange)) writeFileSync(join(folder, name), text);
  expect(await notes.all()).toEqual([note]);
  for (const [name, text] of Object.entries(strange)) expect(readFileSync(join(folder, name), 'utf8')).toBe(text);
});

it('a note of an older version was written when its guest was about to be touched', async () => {
  const { notes, folder } = notesIn();
  await notes.create(note);
  const { touched: _, ...old } = { ...note, machineId: other };
  writeFileSync(join(folder, `${other}.json`), JSON.stringify(old));
  const found = await notes.all();
  expect(found.map(({ machineId, touched }) => [machineId, touched]).sort()).toEqual([
    [note.machineId, false],
    [other, true],
  ]);
});

it('what was left of a note with wider rights is narrowed before it becomes one', async () => {
  const { notes, folder } = notesIn();
  mkdirSync(folder);
  const partial = join(folder, `${note.machineId}.json.partial`);
  writeFileSync(partial, '');
  chmodSync(partial, 0o644);
  await notes.create(note);
  expect(statSync(join(folder, `${note.machineId}.json`)).mode & 0o777).toBe(0o600);
});
