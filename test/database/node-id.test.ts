import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readNodeId } from '../../src/database/node-id.ts';
import { temporaryFolder } from '../temporary-folder.ts';

it('a server’s id is made once for a data directory, and anew where the file holds none', async () => {
  const folder = temporaryFolder();
  const id = await readNodeId(folder);
  expect(id).toMatch(/^[0-9a-f-]{36}$/);
  expect(await readNodeId(folder)).toBe(id);
  expect(await readNodeId(temporaryFolder())).not.toBe(id);
  writeFileSync(join(folder, 'node-id'), '');
  const other = await readNodeId(folder);
  expect(other).toMatch(/^[0-9a-f-]{36}$/);
  expect(await readNodeId(folder)).toBe(other);
  expect(readdirSync(folder)).toEqual(['node-id']);
});
