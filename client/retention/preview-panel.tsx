import { Button } from '@mantine/core';
import { useState } from 'react';
import { useMutation } from 'urql';
import { type RetentionPreviewFieldsFragment, RunRetentionDocument } from '../api/generated/graphql.ts';
import { formatBytes } from '../format/bytes.ts';
import { useGuard } from '../state/authority.ts';
import { useComplaint } from '../state/complain.ts';
import { usePage } from '../state/page.ts';
import { Empty } from '../ui/answer-states.tsx';
import { Choice } from '../ui/choice.tsx';
import { cell, DataTable } from '../ui/data-table.tsx';
import { Moment } from '../ui/moment.tsx';
import { Name } from '../ui/name.tsx';
import { Panel } from '../ui/panel.tsx';
import styles from './retention.module.css';
import { kindLabels, reasonsText } from './retention-words.ts';

const choices = [
  { value: 'GOING', label: 'What goes' },
  { value: 'STAYING', label: 'What stays' },
] as const;

interface Props {
  readonly preview: RetentionPreviewFieldsFragment;
  readonly refresh: () => void;
}

/** What would go and what would stay now, and why; the button removes exactly what is shown, or nothing. */
export function PreviewPanel({ preview, refresh }: Props) {
  const [shown, setShown] = useState<(typeof choices)[number]['value']>('GOING');
  const { dialogs, freshness, toasts } = usePage();
  const off = useGuard()('delete');
  const complain = useComplaint();
  const [, run] = useMutation(RunRetentionDocument);
  const { fingerprint, going, goingCount, goingBytes, staying, stayingCount, stayingBytes, warning } = preview;
  const rows = shown === 'GOING' ? going : staying;
  const count = shown === 'GOING' ? goingCount : stayingCount;

  function askToRun(): void {
    dialogs.question.set({
      title: `Remove ${goingCount} artifacts?`,
      text: `${formatBytes(goingBytes)} are deleted permanently. The records are kept and marked deleted.`,
      action: 'Remove them',
      run: async () => {
        const { data, error } = await run({ fingerprint });
        if (error) complain('Nothing was removed', error);
        else toasts.show('success', `Removed ${data?.payload.run?.removed ?? 0} artifacts`);
        freshness.mark(['records']);
        refresh();
      },
    });
  }
  return (
    <Panel title="Preview" flush>
      {warning != null && (
        <div className={styles.warning} role="alert">
          <p>{warning}</p>
        </div>
      )}
      <div className={styles.summary}>
        <p>
          Now {goingCount} would go ({formatBytes(goingBytes)}), and {stayingCount} would stay (
          {formatBytes(stayingBytes)}).
        </p>
        <Choice label="Show" choices={choices} value={shown} change={setShown} />
        {goingCount > 0 && (
          <Button
            variant="default"
            onClick={askToRun}
            disabled={off !== null || warning != null}
            title={off ?? undefined}
          >
            Remove them…
          </Button>
        )}
      </div>
      {rows.length === 0 ? (
        <Empty>{shown === 'GOING' ? 'Nothing would be removed.' : 'Nothing would be kept.'}</Empty>
      ) : (
        <DataTable
          cardsBelow="48em"
          head={
            <>
              <th scope="col">Machine</th>
              <th scope="col">Created</th>
              <th scope="col">Kind</th>
              <th scope="col">Size</th>
              <th scope="col">Why</th>
            </>
          }
        >
          {rows.map((one) => (
            <tr key={`${one.kind} ${one.id}`}>
              <th scope="row" className={cell.first}>
                <Name>{one.machineName}</Name>
              </th>
              <td data-label="Created">
                <Moment at={one.createdAt} />
              </td>
              <td data-label="Kind">{kindLabels[one.kind]}</td>
              <td data-label="Size">{formatBytes(one.sizeBytes)}</td>
              <td data-label="Why">{reasonsText(one.reasons)}</td>
            </tr>
          ))}
        </DataTable>
      )}
      {count > rows.length && (
        <div className={styles.summary}>
          <p className="dim">and {count - rows.length} more</p>
        </div>
      )}
    </Panel>
  );
}
