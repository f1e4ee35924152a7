import type { HoldFieldsFragment, RetentionPreviewFieldsFragment } from '../api/generated/graphql.ts';
import { plainText } from '../format/plain-text.ts';
import { Empty } from '../ui/answer-states.tsx';
import { cell, DataTable } from '../ui/data-table.tsx';
import { Moment } from '../ui/moment.tsx';
import { Name } from '../ui/name.tsx';
import { Panel } from '../ui/panel.tsx';
import { ReleaseButton } from './release-button.tsx';
import styles from './retention.module.css';
import { kindLabels } from './retention-words.ts';

interface Props {
  readonly holds: readonly HoldFieldsFragment[];
  /** Where names of what is held are found, as far as they are there. */
  readonly verdicts: RetentionPreviewFieldsFragment['staying'];
  readonly refresh: () => void;
}

/** What nobody may delete, whatever the policies say. */
export function HoldsPanel({ holds, verdicts, refresh }: Props) {
  return (
    <Panel title="Holds" note={holds.length > 0 ? holds.length : undefined} flush>
      {holds.length === 0 ? (
        <Empty>No holds. Hold a dump or heap snapshots from their details to protect them from deletion.</Empty>
      ) : (
        <DataTable
          cardsBelow="48em"
          head={
            <>
              <th scope="col">What</th>
              <th scope="col">Reason</th>
              <th scope="col">By</th>
              <th scope="col">Since</th>
              <th scope="col">
                <span className="unseen">Actions</span>
              </th>
            </>
          }
        >
          {holds.map((hold) => {
            const name = verdicts.find(({ kind, id }) => kind === hold.kind && id === hold.id)?.machineName;
            return (
              <tr key={`${hold.kind} ${hold.id}`}>
                <th scope="row" className={cell.first}>
                  {kindLabels[hold.kind]} {name === undefined ? <code>{hold.id}</code> : <Name>{name}</Name>}
                </th>
                <td data-label="Reason" className={styles.reason}>
                  {plainText(hold.reason)}
                </td>
                <td data-label="By">{plainText(hold.actor)}</td>
                <td data-label="Since">
                  <Moment at={hold.at} />
                </td>
                <td className={cell.actions}>
                  <ReleaseButton hold={hold} done={refresh} />
                </td>
              </tr>
            );
          })}
        </DataTable>
      )}
    </Panel>
  );
}
