import { useMutation, useSubscription } from 'urql';
import {
  ActiveHeapCapturesDocument,
  type ActiveHeapCapturesQuery,
  CancelHeapCaptureDocument,
  OperationProgressDocument,
} from '../api/generated/graphql.ts';
import { useFreshQuery } from '../api/use-fresh-query.ts';
import { formatBytes } from '../format/bytes.ts';
import { formatSeconds } from '../format/duration.ts';
import { plainText } from '../format/plain-text.ts';
import { sentence } from '../format/sentence.ts';
import { useGuard } from '../state/authority.ts';
import { useComplaint } from '../state/complain.ts';
import { usePage } from '../state/page.ts';
import { Action } from '../ui/action.tsx';
import { MemoryBar } from '../ui/memory-bar.tsx';
import { Name } from '../ui/name.tsx';
import { Panel } from '../ui/panel.tsx';
import styles from './heaps.module.css';

type Running = ActiveHeapCapturesQuery['operations']['nodes'][number];

/** Captures on their way, with the time left of those that wait for their next snapshot. */
export function RunningCaptures() {
  const { data } = useFreshQuery(ActiveHeapCapturesDocument, {}, ['operations', 'active']);
  const running = data?.operations.nodes ?? [];
  if (running.length === 0) return null;
  return (
    <Panel title="In progress">
      <ul className={styles.running}>
        {running.map((operation) => (
          <Row key={operation.id} operation={operation} />
        ))}
      </ul>
    </Panel>
  );
}

function Row({ operation }: { readonly operation: Running }) {
  const [{ data }] = useSubscription({ query: OperationProgressDocument, variables: { ids: [operation.id] } });
  const [, cancel] = useMutation(CancelHeapCaptureDocument);
  const { dialogs, freshness } = usePage();
  const guard = useGuard();
  const complain = useComplaint();
  const tick = data?.operationProgress;
  const phase = tick?.phase ?? operation.phase;
  const progress = tick?.progress;
  const service = 'service' in operation ? operation.service : '';
  // While it waits, milliseconds stand where others count bytes.
  const waitsMs = phase === 'waiting' && progress?.totalBytes ? progress.totalBytes - progress.doneBytes : null;

  async function run(): Promise<void> {
    const { error } = await cancel({ id: operation.id });
    if (error) complain('Not cancelled', error);
    else freshness.mark(['operations', 'active']);
  }
  const ask = () =>
    dialogs.question.set({
      title: `Cancel the capture of ${plainText(service)}?`,
      text: 'Snapshots that are stored stay. The process keeps running.',
      action: 'Cancel the capture',
      keep: 'Continue the capture',
      run,
    });

  return (
    <li className={styles.runningRow}>
      <strong>
        <Name>{service}</Name>
      </strong>
      <div>
        {waitsMs !== null && progress?.totalBytes ? (
          <MemoryBar
            label={`Wait for the next snapshot of ${plainText(service)}`}
            readBytes={progress.doneBytes}
            writtenBytes={0}
            totalBytes={progress.totalBytes}
            text={`${formatSeconds(Math.ceil(waitsMs / 1000))} left`}
          />
        ) : null}
        <p role="status">
          {sentence(tick?.message ?? operation.message)}{' '}
          {waitsMs !== null && <strong>{formatSeconds(Math.ceil(waitsMs / 1000))} left.</strong>}
          {phase === 'capturing' && progress ? (
            <span className="dim">{formatBytes(progress.doneBytes)} received.</span>
          ) : null}
        </p>
      </div>
      <Action
        label={`Cancel the capture of ${plainText(service)}`}
        off={guard('cancel') ?? (operation.cancelRequested ? 'Already being cancelled.' : null)}
        press={ask}
      >
        {operation.cancelRequested ? 'Cancelling…' : 'Cancel'}
      </Action>
    </li>
  );
}
