import { readFile } from 'node:fs/promises';
import { MemoirError } from '../../domain/memoir-error.ts';
import { type Console, print } from '../console.ts';
import { exitCodes } from '../exit-codes.ts';
import { CliImportVolumesDocument } from '../generated/graphql.ts';
import { plain } from '../text.ts';

/** The statements of the two tables: the rest of a dump is not sent. mysqldump writes no line break inside of a string. */
const statements =
  /^(?:CREATE TABLE (?:IF NOT EXISTS )?|INSERT INTO )`?(?:device_mappings|volume_operations)`?[\s(][\s\S]*?;$/gm;

/** Takes over the old volume daemon's volumes; conflicts are a failure, though what is certain was imported. */
export async function importVolumes(console: Console, path: string) {
  const text = await readFile(path, 'utf8').catch((cause: Error) => {
    throw new MemoirError('BAD_INPUT', `${plain(path)} cannot be read: ${cause.message}`, { cause });
  });
  const tables = (text.match(statements) ?? []).join('\n');
  const { report } = (await console.client.ask(CliImportVolumesDocument, { tables })).importVolumes;
  const lines = [
    ...report.imported.map((line) => `imported  ${plain(line)}`),
    ...report.conflicts.map((line) => `conflict  ${plain(line)}`),
    `${report.imported.length} imported, ${report.unchanged} known before, ${report.conflicts.length} conflicts.`,
  ];
  print(console, report, () => lines.join('\n'));
  return report.conflicts.length === 0 ? exitCodes.done : exitCodes.failed;
}
