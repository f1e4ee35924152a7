import type { RetentionQuery } from '../api/generated/graphql.ts';
import { formatBytes } from '../format/bytes.ts';
import { plainText } from '../format/plain-text.ts';
import { cell, DataTable } from '../ui/data-table.tsx';
import { Moment } from '../ui/moment.tsx';
import { Panel } from '../ui/panel.tsx';

const actors: Readonly<Record<string, string>> = {
  retention: 'Every hour',
  space: 'Before a dump, for space',
};

/** The last times that retention removed something, or could not. */
export function RunsPanel({ runs }: { readonly runs: RetentionQuery['retentionRuns'] }) {
  return (
    <Panel title="Last removals" flush>
      <DataTable
        cardsBelow="48em"
        head={
          <>
            <th scope="col">Time</th>
            <th scope="col">By</th>
            <th scope="col">Removed</th>
            <th scope="col">Remarks</th>
          </>
        }
      >
        {runs.map(({ at, actor, removed, freedBytes, failed, warning }) => (
          <tr key={at}>
            <th scope="row" className={cell.first}>
              <Moment at={at} />
            </th>
            <td data-label="By">{actors[actor] ?? plainText(actor)}</td>
            <td data-label="Removed">
              {removed} ({formatBytes(freedBytes)})
            </td>
            <td data-label="Remarks">
              {[failed > 0 ? `${failed} could not be removed` : '', warning ?? ''].filter(Boolean).join('. ') || '–'}
            </td>
          </tr>
        ))}
      </DataTable>
    </Panel>
  );
}
