import { useMemo } from 'react';
import { RecordsDocument } from '../../api/generated/graphql.ts';
import { useFreshQuery } from '../../api/use-fresh-query.ts';

const most = 200;
const hour = 3600;

/** When a machine was dumped in the last so many seconds and up to an hour before that: epoch seconds, the newest 200. */
export function useDumpMarks(machineId: string, lengthSec: number): readonly number[] {
  // A full hour, so that the question stays the same for a while.
  const from = Math.floor((Date.now() / 1000 - lengthSec) / hour) * hour;
  const filter = { vms: [machineId], from: new Date(from * 1000).toISOString() };
  const { data } = useFreshQuery(RecordsDocument, { filter, first: most }, ['records']);
  const nodes = data?.dumpRecords.nodes;
  return useMemo(() => (nodes ?? []).map(({ time }) => Date.parse(time) / 1000), [nodes]);
}
