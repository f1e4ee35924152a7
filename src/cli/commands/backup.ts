import { type Console, print } from '../console.ts';
import { exitCodes } from '../exit-codes.ts';
import { bytes, plain } from '../text.ts';

/** Copies what a server on this machine knows; the process brings it. */
export interface Backup {
  create(folder: string): Promise<{
    readonly folder: string;
    readonly databaseBytes: number;
    readonly manifests: number;
    readonly from: string;
  }>;
}

/** A consistent copy of the database and the manifests. The artifacts themselves are not in it: they are never changed. */
export async function backup(console: Console, made: Backup, folder: string) {
  const result = await made.create(folder);
  print(console, result, () =>
    [
      plain(
        `${result.folder}: database (${bytes(result.databaseBytes)}) and ${result.manifests} manifests of ${result.from}`,
      ),
      'The artifacts are not in it: they never change once they are there; copy them with rsync or snapshots.',
      'To restore: stop the server, put memoir.sqlite into an empty DATA_DIR, start it again.',
    ].join('\n'),
  );
  return exitCodes.done;
}
