import { ask } from '../api/ask.ts';
import {
  type DumpRecordFilter,
  type DumpRecordOrder,
  RecordExportDocument,
  type RecordExportQuery,
  type RecordExportQueryVariables,
} from '../api/generated/graphql.ts';
import { byteOrderMark, csvLine, lineEnd } from '../format/csv.ts';
import { recordColumns } from './record-csv.ts';

const pageSize = 1000;

export interface ExportOptions {
  readonly filter: DumpRecordFilter;
  readonly orderBy: DumpRecordOrder;
  readonly signal: AbortSignal;
  /** Called after each page. */
  readonly progress: (done: number, total: number | null) => void;
}

/**
 * Everything that matches, as CSV. It is asked for in pages by cursor, so that no row is left out or comes twice while new ones
 * arrive, and each page is handed to the browser as it comes, which may keep it on disk.
 */
export async function exportRecords({ filter, orderBy, signal, progress }: ExportOptions): Promise<Blob> {
  const parts: Blob[] = [new Blob([byteOrderMark, csvLine(recordColumns.map(([name]) => name)), lineEnd])];
  let after: string | null = null;
  let done = 0;
  do {
    const variables: RecordExportQueryVariables = { filter, orderBy, first: pageSize, after };
    const answer: RecordExportQuery = await ask(RecordExportDocument, variables, signal);
    const { nodes, totalCount, pageInfo } = answer.dumpRecords;
    parts.push(new Blob(nodes.map((record) => csvLine(recordColumns.map(([, cell]) => cell(record))) + lineEnd)));
    done += nodes.length;
    progress(done, totalCount ?? null);
    after = pageInfo.hasNextPage ? pageInfo.endCursor : null;
  } while (after !== null);
  return new Blob(parts, { type: 'text/csv;charset=utf-8' });
}

/** Gives a file to the person, as a link would. */
export function saveFile(blob: Blob, name: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
