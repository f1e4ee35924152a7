import { useState } from 'react';
import { useMutation } from 'urql';
import {
  CreateHeapDownloadDocument,
  DeleteHeapCaptureDocument,
  HeapPairsDocument,
  type HeapPairsQuery,
  type HoldFieldsFragment,
  VerifyHeapCaptureDocument,
} from '../api/generated/graphql.ts';
import { useFreshQuery } from '../api/use-fresh-query.ts';
import { formatBytes } from '../format/bytes.ts';
import { plainText } from '../format/plain-text.ts';
import { HoldDialog } from '../retention/hold-dialog.tsx';
import { ReleaseButton } from '../retention/release-button.tsx';
import { useAddress } from '../state/address.ts';
import { useGuard } from '../state/authority.ts';
import { useComplaint } from '../state/complain.ts';
import { usePage } from '../state/page.ts';
import { Action } from '../ui/action.tsx';
import { Empty, Failure, Loading } from '../ui/answer-states.tsx';
import { Icon } from '../ui/icon.tsx';
import { Moment } from '../ui/moment.tsx';
import { Name } from '../ui/name.tsx';
import { Panel } from '../ui/panel.tsx';
import { GrowthChart } from './growth-chart.tsx';
import styles from './heaps.module.css';

/** One fewer than `HeapPairs` asks for: that one says whether there is another page. */
const pageSize = 20;

type Session = NonNullable<HeapPairsQuery['heapPairs']>[number];

/** What was captured, as a timeline: sessions, the newest first, and how the heap grew in each. */
export function PairsPanel() {
  const [{ service, page }, change] = useAddress(readShown, writeShown);
  const variables = { service: service === '' ? null : service, offset: page * pageSize };
  const { data, error, refresh } = useFreshQuery(HeapPairsDocument, variables, ['operations']);
  const sessions = data?.heapPairs?.slice(0, pageSize);
  const hasNext = (data?.heapPairs?.length ?? 0) > pageSize;
  return (
    <Panel
      title={service === '' ? 'Snapshots' : `Snapshots of ${plainText(service)}`}
      actions={service !== '' && <Action press={() => change({ service: '', page: 0 })}>All services</Action>}
    >
      {error && !sessions ? (
        <Failure error={error} retry={refresh} />
      ) : !sessions ? (
        <Loading lines={3} label="Loading the snapshots" />
      ) : sessions.length === 0 ? (
        <Empty>No snapshots yet. Capture a process below, twice, to see what grows in it.</Empty>
      ) : (
        <>
          {service !== '' && <GrowthChart captures={sessions.flatMap(({ captures }) => captures)} />}
          <ol className={styles.sessions}>
            {sessions.map((session) => (
              <SessionItem
                key={session.id}
                session={session}
                hold={data?.holds.find(({ kind, id }) => kind === 'HEAP' && id === session.id) ?? null}
                refresh={refresh}
                narrow={service === '' ? () => change({ service: session.service, page: 0 }) : null}
              />
            ))}
          </ol>
          {(page > 0 || hasNext) && (
            <nav className={styles.pages} aria-label="Pages of snapshots">
              <Action off={page === 0 ? 'This is the first page' : null} press={() => change({ page: page - 1 })}>
                Newer
              </Action>
              <Action off={hasNext ? null : 'This is the last page'} press={() => change({ page: page + 1 })}>
                Older
              </Action>
            </nav>
          )}
        </>
      )}
    </Panel>
  );
}

interface ItemProps {
  readonly session: Session;
  /** Who holds its snapshots, and why; null if nobody does. */
  readonly hold: HoldFieldsFragment | null;
  readonly refresh: () => void;
  /** Shows this service only; null where it is the only one already. */
  readonly narrow: (() => void) | null;
}

function SessionItem({ session, hold, refresh, narrow }: ItemProps) {
  const [isHolding, setHolding] = useState(false);
  const { captures } = session;
  const [first, last] = [captures[0], captures.at(-1)];
  const largest = Math.max(...captures.map(heapOf));
  const [, create] = useMutation(CreateHeapDownloadDocument);
  const [, verify] = useMutation(VerifyHeapCaptureDocument);
  const [, remove] = useMutation(DeleteHeapCaptureDocument);
  const { dialogs, toasts, freshness } = usePage();
  const guard = useGuard();
  const complain = useComplaint();

  async function download(id: string): Promise<void> {
    const { data, error } = await create({ id });
    if (error) return complain('Not downloaded', error);
    const link = document.createElement('a');
    link.href = data?.createHeapDownload.url ?? '';
    link.download = '';
    link.click();
  }

  async function check(id: string): Promise<void> {
    const { error } = await verify({ id });
    if (error) return complain('Not verified', error);
    toasts.show('info', 'Verifying the snapshot');
    freshness.mark(['operations', 'active']);
  }

  function askToDelete(id: string): void {
    dialogs.question.set({
      title: `Delete a snapshot of ${plainText(session.service)}?`,
      text: 'The file and its manifest are removed for good.',
      action: 'Delete the snapshot',
      async run() {
        const { error } = await remove({ id });
        if (error) complain('Not deleted', error);
        else freshness.mark(['operations']);
      },
    });
  }

  return (
    <li>
      <div className={styles.session}>
        <strong>
          <Name>{session.service}</Name>
        </strong>
        {first !== undefined && last !== undefined && first !== last && (
          <Action
            href={`/heaps/${first.id}/${last.id}`}
            label={`Compare the snapshots of ${plainText(session.service)}`}
          >
            Compare
          </Action>
        )}
        {narrow !== null && (
          <Action label={`Show the growth of ${plainText(session.service)}`} press={narrow}>
            Growth
          </Action>
        )}
        {hold === null && (
          <Action
            label={`Hold the snapshots of ${plainText(session.service)}`}
            press={() => setHolding(true)}
            off={guard('hold')}
          >
            Hold…
          </Action>
        )}
      </div>
      {hold !== null && (
        <p className={styles.hold}>
          <Icon name="hold" />
          <span>
            Held by {plainText(hold.actor)}: {plainText(hold.reason)}
          </span>
          <ReleaseButton hold={hold} done={refresh} />
        </p>
      )}
      {isHolding && (
        <HoldDialog
          kind="HEAP"
          id={session.id}
          what={`the snapshots of ${plainText(session.service)}`}
          close={() => {
            setHolding(false);
            refresh();
          }}
        />
      )}
      <ul className={styles.captures}>
        {captures.map((capture) => (
          <li key={capture.id}>
            <Moment at={capture.takenAt} />
            <span className={styles.bar} aria-hidden="true">
              <span style={{ width: `${(heapOf(capture) / largest) * 100}%` }} />
            </span>
            <span>
              {formatBytes(heapOf(capture))}
              {capture.externalBytes != null && <small> + {formatBytes(capture.externalBytes)} outside</small>}
              {capture.redacted && <small> redacted</small>}
              {!capture.intact && <strong className={styles.damaged}> damaged</strong>}
            </span>
            <span className={styles.actions}>
              <Action
                icon="download"
                label={`Download the snapshot of ${plainText(session.service)}`}
                press={() => void download(capture.id)}
                off={guard('download')}
              />
              <Action
                icon="check"
                label={`Verify the snapshot of ${plainText(session.service)}`}
                press={() => void check(capture.id)}
                off={guard('verify')}
              />
              <Action
                icon="trash"
                label={`Delete the snapshot of ${plainText(session.service)}`}
                press={() => askToDelete(capture.id)}
                off={hold === null ? guard('delete') : 'They are held. Release the hold first.'}
              />
            </span>
          </li>
        ))}
      </ul>
    </li>
  );
}

/** Which service's sessions, and which page of them, as the address has it. */
interface Shown {
  readonly service: string;
  readonly page: number;
}

function readShown(query: string): Shown {
  const words = new URLSearchParams(query);
  const page = Number(words.get('page') ?? 0);
  return {
    service: (words.get('service') ?? '').slice(0, 200),
    page: Number.isSafeInteger(page) && page > 0 ? page : 0,
  };
}

function writeShown({ service, page }: Shown): string {
  const words = new URLSearchParams();
  if (service !== '') words.set('service', service);
  if (page > 0) words.set('page', String(page));
  const text = words.toString();
  return text === '' ? '' : `?${text}`;
}

const heapOf = ({ usedHeapBytes, rawSizeBytes }: Session['captures'][number]): number => usedHeapBytes ?? rawSizeBytes;
