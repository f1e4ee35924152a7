import { Link, useSearch } from 'wouter';
import type { OperationFieldsFragment } from '../api/generated/graphql.ts';
import { formatSeconds } from '../format/duration.ts';
import { plainText } from '../format/plain-text.ts';
import { kindLabel } from '../state/event-text.ts';
import { cell, DataTable } from '../ui/data-table.tsx';
import { Moment } from '../ui/moment.tsx';
import { Name } from '../ui/name.tsx';
import { StateBadge } from '../ui/state-badge.tsx';
import styles from './operations.module.css';

export function OperationTable({ operations }: { readonly operations: readonly OperationFieldsFragment[] }) {
  const query = useSearch();
  return (
    <DataTable
      cardsBelow="64em"
      head={
        <>
          <th scope="col">Operation</th>
          <th scope="col">State</th>
          <th scope="col">Accepted</th>
          <th scope="col" className="number">
            Took
          </th>
          <th scope="col">How it stands</th>
          <th scope="col">By</th>
        </>
      }
    >
      {operations.map((operation) => (
        <tr key={operation.id}>
          <th scope="row" className={cell.first}>
            <Link href={`/operations/${operation.id}${query && `?${query}`}`}>
              {kindLabel(operation.kind)}{' '}
              {operation.dump ? (
                <>
                  of <Name>{operation.dump.vmName}</Name>
                </>
              ) : (
                <span className="mono">{plainText(operation.subject)}</span>
              )}
            </Link>
          </th>
          <td data-label="State">
            <StateBadge state={operation.state} working={operation.state === 'RUNNING'} />
          </td>
          <td data-label="Accepted" className={styles.whole}>
            <Moment at={operation.createdAt} />
          </td>
          <td data-label="Took" className="number">
            {took(operation)}
          </td>
          <td data-label="How it stands" className={styles.message}>
            {operation.error ? `${operation.error.code}: ${operation.error.message}` : operation.message}
          </td>
          <td data-label="By">{plainText(operation.actor)}</td>
        </tr>
      ))}
    </DataTable>
  );
}

function took({ startedAt, finishedAt }: OperationFieldsFragment): string {
  if (startedAt === null || finishedAt === null) return '–';
  return formatSeconds((Date.parse(finishedAt) - Date.parse(startedAt)) / 1000);
}
