import { Link, useSearch } from 'wouter';
import type { OperationFieldsFragment } from '../api/generated/graphql.ts';
import { formatSeconds } from '../format/duration.ts';
import { plainText } from '../format/plain-text.ts';
import { kindLabel, kindOf, nameOf } from '../state/event-text.ts';
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
          <th scope="col">Requested</th>
          <th scope="col" className="number">
            Duration
          </th>
          <th scope="col">Status</th>
          <th scope="col">Requested by</th>
        </>
      }
    >
      {operations.map((operation) => (
        <tr key={operation.id}>
          <th scope="row" className={cell.first}>
            <Link href={`/operations/${operation.id}${query && `?${query}`}`}>
              <OperationTitle operation={operation} />
            </Link>
          </th>
          <td data-label="State">
            <StateBadge state={operation.state} working={operation.state === 'RUNNING'} />
          </td>
          <td data-label="Requested" className={styles.whole}>
            <Moment at={operation.createdAt} />
          </td>
          <td data-label="Duration" className="number">
            {durationOf(operation)}
          </td>
          <td data-label="Status" className={styles.message}>
            {operation.error ? `${operation.error.code}: ${operation.error.message}` : operation.message}
          </td>
          <td data-label="Requested by">{plainText(operation.actor)}</td>
        </tr>
      ))}
    </DataTable>
  );
}

function OperationTitle({ operation }: { readonly operation: OperationFieldsFragment }) {
  const name = nameOf(operation);
  return name === null ? (
    <>
      {kindLabel(operation.kind)} <span className="mono">{plainText(operation.subject)}</span>
    </>
  ) : (
    <>
      {kindOf(operation.kind)} <Name>{name}</Name>
    </>
  );
}

function durationOf({ startedAt, finishedAt }: OperationFieldsFragment): string {
  if (startedAt === null || finishedAt === null) return '–';
  return formatSeconds((Date.parse(finishedAt) - Date.parse(startedAt)) / 1000);
}
