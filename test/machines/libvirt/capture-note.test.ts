import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { type CaptureNote, CaptureNotes } from '../../../src/machines/libvirt/guest/capture-note.ts';

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

it('what a killed server was writing of a note is swept; whole notes and those of a running capture stay', async () => {
  const stateFolder = await mkdtemp(join(tmpdir(), 'memoir-notes-'));
  onTestFinished(() => rm(stateFolder, { recursive: true, force: true }));
  const notes = new CaptureNotes(stateFolder);
  expect(await notes.create(note)).toBe(true);
  expect(await notes.create(note)).toBe(false);
  const folder = join(stateFolder, 'captures');
  const busy = '22222222-2222-4222-8222-222222222222';
  for (const name of [`${note.machineId}.json.partial`, `${busy}.json.partial`, 'of somebody else'])
    await writeFile(join(folder, name), '{"mach');
  await notes.sweep((id) => id === busy);
  expect((await readdir(folder)).sort()).toEqual(
    [`${note.machineId}.json`, `${busy}.json.partial`, 'of somebody else'].sort(),
  );
  expect(await notes.all()).toEqual([note]);
});
