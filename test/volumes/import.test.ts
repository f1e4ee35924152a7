import { randomUUID } from 'node:crypto';
import { describe, expect, it, onTestFinished } from 'vitest';
import { parseOldTables } from '../../src/volumes/import/old-tables.ts';
import { openSameThreadDatabase } from '../fakes/same-thread-database.ts';
import { machines, openVolumeServer } from '../fakes/volumes/volume-server.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const [db, web] = machines;
const size = 2 ** 20;

const table = `-- MySQL dump 10.13
CREATE TABLE \`device_mappings\` (
  \`id\` varchar(64) NOT NULL,
  \`volume_id\` varchar(64) NOT NULL,
  \`vm_id\` varchar(64) NOT NULL,
  \`device_path\` varchar(255) NOT NULL,
  \`cloudstack_state\` varchar(32) DEFAULT NULL,
  \`linux_state\` varchar(32) DEFAULT NULL,
  \`size\` bigint NOT NULL,
  PRIMARY KEY (\`id\`),
  UNIQUE KEY \`unique_device_path\` (\`device_path\`)
) ENGINE=InnoDB;
`;
const row = (volumeId: string, machineId: string, path: string): string =>
  `('m1','${volumeId}','${machineId}','${path}','attached',NULL,${size})`;
const insert = (...rows: string[]): string => `${table}INSERT INTO \`device_mappings\` VALUES ${rows.join(',')};\n`;
const created = (volumeId: string, name: string): string => {
  const request = JSON.stringify({ name }).replaceAll('\\', '\\\\').replaceAll("'", "\\'").replaceAll('"', '\\"');
  return `INSERT INTO \`volume_operations\` (\`id\`, \`type\`, \`volume_id\`, \`request\`) VALUES ('op-1','create','vol-${volumeId}','${request}'),('op-2','attach','${volumeId}',NULL);\n`;
};

describe('the old daemon’s tables', () => {
  it('are read as mysqldump writes them: columns by name, quotes, escapes and NULL', () => {
    const id = randomUUID();
    const text = insert(row(`vol-${id}`, web.id, "/dev/vd''b")) + created(id, 'it\'s "x"\n');
    expect(parseOldTables(text)).toEqual([
      { volumeId: id, machineId: web.id, devicePath: "/dev/vd'b", sizeBytes: size, name: 'it\'s "x"\n' },
    ]);
    expect(parseOldTables(table)).toEqual([]);
  });

  it.each([
    ['another file', 'SELECT 1;'],
    ['an end in the middle', insert(row(randomUUID(), web.id, '/dev/vdb')).slice(0, -20)],
    ['a row that is too short', `${table}INSERT INTO \`device_mappings\` VALUES (1,2);`],
    ['an id that is none', insert(row('1; DROP TABLE', web.id, '/dev/vdb'))],
    ['an expression', insert(row(randomUUID(), web.id, '/dev/vdb')).replace("'attached',NULL", "'attached',NOW()")],
    ['no size', insert(row(randomUUID(), web.id, '/dev/vdb')).replace(`${size}`, '0')],
  ])('are refused as a whole with %s', (_, text) => {
    expect(() => parseOldTables(text)).toThrow(expect.objectContaining({ code: 'BAD_INPUT' }));
  });

  it('are imported as the provider says, once; what they cannot be right about is reported and left alone', async () => {
    const server = await openVolumeServer(temporaryFolder(), { open: openSameThreadDatabase });
    onTestFinished(() => server.close());
    const { volumes, disks } = server;
    const [mine, elsewhere, first, second, gone] = Array.from({ length: 5 }, () => randomUUID()) as [
      string,
      string,
      string,
      string,
      string,
    ];
    await disks.change((all, next) => {
      const put = (mark: string, machineId: string, name: string) =>
        all.set(mark, { mark, sizeBytes: size, device: { machineId, name, diskseq: next() } });
      put(mine, db.id, 'vdb');
      put(elsewhere, db.id, 'vdc');
      put(first, db.id, 'vdd');
      put(second, db.id, 'vde');
    });
    const rows = [
      row(mine, db.id, '/dev/vdz'),
      row(elsewhere, web.id, '/dev/vdc'),
      row(first, db.id, '/dev/vdd'),
      row(second, db.id, '/dev/vdd'),
      row(gone, db.id, '/dev/vdg'),
    ];
    const text = insert(...rows) + created(mine, 'migration-volume');
    const report = await volumes.importTables(text);
    expect(report).toMatchObject({ imported: [`migration-volume (${size} bytes)`], unchanged: 0 });
    expect(report.conflicts).toHaveLength(4);
    // Reconciled at once: the device is the one that shows its serial, whatever the table says.
    expect(await volumes.list()).toMatchObject([
      { id: mine, name: 'migration-volume', state: 'ATTACHED', attachment: { machineName: 'db01' }, problem: null },
    ]);
    expect(await volumes.device('migration-volume')).toMatchObject({ name: 'vdb' });
    expect(await volumes.importTables(text)).toMatchObject({ imported: [], unchanged: 1 });
    expect(await volumes.list()).toHaveLength(1);
  });
});
