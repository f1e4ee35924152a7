import { Button } from '@mantine/core';
import { useState } from 'react';
import { AuditLogDocument } from '../api/generated/graphql.ts';
import { useFreshQuery } from '../api/use-fresh-query.ts';
import { formatCount } from '../format/count.ts';
import { plainText } from '../format/plain-text.ts';
import { Empty, Failure, Loading } from '../ui/answer-states.tsx';
import { cell, DataTable } from '../ui/data-table.tsx';
import { Moment } from '../ui/moment.tsx';
import { Panel } from '../ui/panel.tsx';
import { actionLabel, detailsText } from './audit-text.ts';
import styles from './settings.module.css';

/** Who did what, recorded before it was done. For admins. */
export function AuditPanel({ className }: { readonly className?: string | undefined }) {
  const [after, setAfter] = useState<string | null>(null);
  const { data, error, refresh } = useFreshQuery(AuditLogDocument, { after }, ['access', 'operations']);
  const log = data?.auditLog;
  return (
    <Panel title="Audit" note={log && formatCount(log.totalCount)} className={className} flush>
      {error && !log ? (
        <Failure error={error} retry={refresh} />
      ) : !log ? (
        <Loading lines={4} />
      ) : log.nodes.length === 0 ? (
        <Empty>No audit entries yet.</Empty>
      ) : (
        <>
          <DataTable
            head={
              <>
                <th scope="col">Time</th>
                <th scope="col">User</th>
                <th scope="col">Action</th>
                <th scope="col">Details</th>
              </>
            }
          >
            {log.nodes.map((entry) => (
              <tr key={entry.seq}>
                <td data-label="Time">
                  <Moment at={entry.at} />
                </td>
                <th scope="row" className={cell.first}>
                  {plainText(entry.actor)}
                </th>
                <td data-label="Action">{actionLabel(entry.action)}</td>
                <td data-label="Details" className={styles.details}>
                  {detailsText(entry.details)}
                </td>
              </tr>
            ))}
          </DataTable>
          {(after !== null || log.pageInfo.hasNextPage) && (
            <nav className={styles.pages} aria-label="Pages of the audit log">
              <Button size="compact-sm" variant="default" disabled={after === null} onClick={() => setAfter(null)}>
                Newest
              </Button>
              <Button
                size="compact-sm"
                variant="default"
                disabled={!log.pageInfo.hasNextPage}
                onClick={() => setAfter(log.pageInfo.endCursor)}
              >
                Older
              </Button>
            </nav>
          )}
        </>
      )}
    </Panel>
  );
}
