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
import styles from './settings.module.css';

/** Who did what: written before it was done. For admins. */
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
        <Empty>Nobody did anything yet that had to be written down.</Empty>
      ) : (
        <>
          <DataTable
            head={
              <>
                <th scope="col">When</th>
                <th scope="col">Who</th>
                <th scope="col">What</th>
                <th scope="col">With</th>
              </>
            }
          >
            {log.nodes.map((entry) => (
              <tr key={entry.seq}>
                <td data-label="When">
                  <Moment at={entry.at} />
                </td>
                <th scope="row" className={cell.first}>
                  {plainText(entry.actor)}
                </th>
                <td data-label="What">{plainText(entry.action)}</td>
                <td data-label="With" className={styles.details}>
                  {plainText(entry.details)}
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
