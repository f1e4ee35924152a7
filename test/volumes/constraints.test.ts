import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, it, onTestFinished } from 'vitest';
import { openVolumeServer } from '../fakes/volumes/volume-server.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const caller = { actor: 'tester' };
const placement = { zone: null, offering: null };

it('the tables refuse what must not be, whoever writes: a second attachment of a volume, a volume of a device or name that another has', async () => {
  const folder = temporaryFolder();
  const server = await openVolumeServer(folder);
  onTestFinished(() => server.close());
  const { volumes, ended } = server;
  for (const name of ['one', 'two']) {
    await ended(volumes.create({ name, sizeBytes: 1 << 20, placement }, caller));
    await ended(volumes.attach(name, name === 'one' ? 'db01' : 'web01', caller));
  }
  const [one, two] = await volumes.list();
  const database = new DatabaseSync(join(folder, 'memoir.sqlite'));
  onTestFinished(() => database.close());
  database.exec('PRAGMA foreign_keys = ON');
  const refused = (sql: string, ...values: (string | number)[]) =>
    expect(() => database.prepare(sql).run(...values), sql).toThrow(/constraint failed/);

  const attach = 'INSERT INTO volume_attachments (volume_id, machine_id, machine_name, since_ms) VALUES (?, ?, ?, 1)';
  refused(attach, one?.id as string, 'another machine', 'web02');
  refused(attach, 'no volume', 'a machine', 'db01');
  refused('UPDATE volume_devices SET path = ? WHERE volume_id = ?', one?.device?.path as string, two?.id as string);
  refused('UPDATE volume_devices SET rdev = ? WHERE volume_id = ?', one?.device?.rdev as string, two?.id as string);
  const map = 'INSERT INTO volume_devices (volume_id, path, rdev, size_bytes, verified_at_ms) VALUES (?, ?, ?, 1, 1)';
  refused(map, one?.id as string, '/dev/vdz', '254:400');
  refused('UPDATE volumes SET name = ? WHERE id = ?', 'one', two?.id as string);
  expect(await volumes.list()).toEqual([one, two]);

  // No device without an attachment: with it, it goes.
  database.prepare('DELETE FROM volume_attachments WHERE volume_id = ?').run(one?.id as string);
  expect(await volumes.get('one')).toMatchObject({ attachment: null, device: null });
});
