import { useState } from 'react';
import { useMutation } from 'urql';
import { DeleteDumpDocument, type RecordFieldsFragment, VerifyDumpDocument } from '../api/generated/graphql.ts';
import { useComplaint } from '../state/complain.ts';
import { usePage } from '../state/page.ts';
import { useDownload } from './use-download.ts';

type Records = readonly RecordFieldsFragment[];

export interface Bulk {
  readonly busy: boolean;
  verify(records: Records): Promise<void>;
  download(records: Records): Promise<void>;
  /** Deletes after ten seconds in which that can be undone. Closing the page before that undoes it, too. */
  remove(records: Records): void;
}

export const undoMs = 10_000;
/** Browsers drop downloads that begin at the same moment. */
const betweenMs = 400;

const countOf = (many: number): string => (many === 1 ? '1 dump' : `${many} dumps`);

/** The same for many dumps, one after the other; what was refused is said, and does not stop the rest. */
export function useBulk(): Bulk {
  const { deleting, freshness, toasts } = usePage();
  const complain = useComplaint();
  const download = useDownload();
  const [, verify] = useMutation(VerifyDumpDocument);
  const [, remove] = useMutation(DeleteDumpDocument);
  const [busy, setBusy] = useState(false);

  /** How many of them were done. */
  async function each(records: Records, act: (record: Records[number]) => Promise<boolean>): Promise<number> {
    setBusy(true);
    let done = 0;
    for (const record of records) if (await act(record)) done += 1;
    setBusy(false);
    return done;
  }

  async function removeNow(records: Records): Promise<void> {
    const done = await each(records, async ({ id, dom }) => {
      const { error } = await remove({ id });
      if (error) complain(`Dump of ${dom} not deleted`, error);
      return !error;
    });
    deleting.delete(records.map(({ id }) => id));
    freshness.mark(['records', 'service']);
    if (done > 0) toasts.show('success', `Deleted ${countOf(done)}`);
  }

  return {
    busy,
    async verify(records) {
      const done = await each(records, async ({ id, dom }) => {
        const { error } = await verify({ id });
        if (error) complain(`Dump of ${dom} not verified`, error);
        return !error;
      });
      if (done > 0) toasts.show('info', `Verifying ${countOf(done)}`);
    },
    async download(records) {
      await each(records, async ({ id }) => {
        await download.start(id, 'FILE');
        await new Promise((resolve) => setTimeout(resolve, betweenMs));
        return true;
      });
    },
    remove(records) {
      const ids = records.map(({ id }) => id);
      deleting.add(ids);
      let undone = false;
      const action = {
        label: 'Undo',
        run: () => {
          undone = true;
          deleting.delete(ids);
        },
      };
      const told = toasts.show('warning', `Deleting ${countOf(records.length)}`, { action, shownMs: undoMs });
      setTimeout(() => {
        toasts.dismiss(told);
        if (!undone) void removeNow(records);
      }, undoMs);
    },
  };
}
