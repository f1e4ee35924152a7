import { HeapTargetsDocument, type HeapTargetsQuery } from '../api/generated/graphql.ts';
import { useFreshQuery } from '../api/use-fresh-query.ts';
import { formatCount } from '../format/count.ts';
import { plainText } from '../format/plain-text.ts';
import { useGuard } from '../state/authority.ts';
import { Action } from '../ui/action.tsx';
import { Empty, Failure, Loading, Warnings } from '../ui/answer-states.tsx';
import { cell, DataTable } from '../ui/data-table.tsx';
import { Name } from '../ui/name.tsx';
import { Panel } from '../ui/panel.tsx';
import styles from './heaps.module.css';

export type HeapTarget = HeapTargetsQuery['heapTargets']['targets'][number];

/** How a process can be looked at. */
export type Look = 'SAMPLE' | 'CAPTURE';

/** The Node.js processes that the server reaches. */
export function TargetsPanel({ ask }: { readonly ask: (target: HeapTarget, how: Look) => void }) {
  const { data, error, refresh } = useFreshQuery(HeapTargetsDocument, {}, ['access']);
  const guard = useGuard();
  const found = data?.heapTargets;
  return (
    <Panel
      title="Node.js processes"
      note={found && formatCount(found.targets.length)}
      actions={
        <Action icon="reset" label="Look for processes again" press={refresh}>
          Refresh
        </Action>
      }
      flush
    >
      {found && <Warnings warnings={found.unreachable.map(({ kind, reason }) => `${kind}: ${reason}`)} />}
      {error && !found ? (
        <Failure error={error} retry={refresh} />
      ) : !found ? (
        <Loading lines={3} label="Looking for Node.js processes" />
      ) : found.targets.length === 0 ? (
        <Empty>No Node.js process found that this server can inspect.</Empty>
      ) : (
        <DataTable
          cardsBelow="56em"
          head={
            <>
              <th scope="col">Service</th>
              <th scope="col">Where</th>
              <th scope="col">Command</th>
              <th scope="col">Node.js</th>
              <th scope="col">
                <span className="unseen">Actions</span>
              </th>
            </>
          }
        >
          {found.targets.map((target) => (
            <tr key={target.id}>
              <th scope="row" className={cell.first}>
                <Name>{target.name}</Name>
              </th>
              <td data-label="Where" className="mono">
                {plainText(target.id)}
              </td>
              <td data-label="Command" className="mono">
                {plainText(target.command)}
              </td>
              <td data-label="Node.js">{target.nodeVersion ?? '–'}</td>
              <td className={cell.actions}>
                <span className={styles.actions}>
                  <Action
                    label={`Sample the allocations of ${plainText(target.name)}`}
                    press={() => ask(target, 'SAMPLE')}
                    off={target.obstacle ?? guard('trigger')}
                  >
                    Sample
                  </Action>
                  <Action
                    label={`Capture the heap of ${plainText(target.name)}`}
                    press={() => ask(target, 'CAPTURE')}
                    off={target.obstacle ?? guard('trigger')}
                  >
                    Capture
                  </Action>
                </span>
              </td>
            </tr>
          ))}
        </DataTable>
      )}
    </Panel>
  );
}
