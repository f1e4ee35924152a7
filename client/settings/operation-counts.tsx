import { Link } from 'wouter';
import type { ServiceFieldsFragment } from '../api/generated/graphql.ts';
import { formatCount } from '../format/count.ts';
import { kindLabel } from '../state/event-text.ts';
import { Empty } from '../ui/answer-states.tsx';
import { DataTable } from '../ui/data-table.tsx';
import { StateBadge } from '../ui/state-badge.tsx';

/** How many operations of each kind are in each state, each with its way into the journal. */
export function OperationCounts({ counts }: { readonly counts: ServiceFieldsFragment['operationCounts'] }) {
  const present = counts.filter(({ count }) => count > 0);
  if (present.length === 0) return <Empty>No operations yet.</Empty>;
  return (
    <DataTable
      cardsBelow="0em"
      head={
        <>
          <th scope="col">Kind</th>
          <th scope="col">State</th>
          <th scope="col" className="number">
            Operations
          </th>
        </>
      }
    >
      {present.map(({ kind, state, count }) => (
        <tr key={`${kind} ${state}`}>
          <td data-label="Kind">{kindLabel(kind)}</td>
          <td data-label="State">
            <StateBadge state={state} working={state === 'RUNNING'} />
          </td>
          <td data-label="Operations" className="number">
            <Link href={`/operations?kind=${encodeURIComponent(kind)}&state=${state}`}>{formatCount(count)}</Link>
          </td>
        </tr>
      ))}
    </DataTable>
  );
}
