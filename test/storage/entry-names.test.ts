import { expect, it } from 'vitest';
import { entryNames, partialManifestOf, partialOf } from '../../src/storage/directory/entry-names.ts';

it('knows its own partial files by their names', () => {
  const { partial, partialManifest, artifact, manifest } = entryNames('web.elf');
  expect(partialOf(partial)).toBe('web.elf');
  expect(partialManifestOf(partialManifest)).toBe('web.elf');
  for (const name of [artifact, manifest]) expect([partialOf(name), partialManifestOf(name)]).toEqual([null, null]);
});

it.each([
  'xweb.elf.json.memoir-partial',
  '.web.elf.json.someone-partial',
  'xweb.elf.memoir-partial',
  '.web.elf.someone-partial',
  '..memoir-partial',
  '..json.memoir-partial',
])('takes nobody else’s file for one: %s', (name) => {
  expect(partialManifestOf(name)).toBe(null);
  if (!name.endsWith('.json.memoir-partial')) expect(partialOf(name)).toBe(null);
});
