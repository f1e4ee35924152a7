import { useMutation } from 'urql';
import { CreateHeapDownloadDocument, HeapPairsDocument, type HeapPairsQuery } from '../api/generated/graphql.ts';
import { useFreshQuery } from '../api/use-fresh-query.ts';
import { formatBytes } from '../format/bytes.ts';
import { formatCount } from '../format/count.ts';
import { plainText } from '../format/plain-text.ts';
import { useGuard } from '../state/authority.ts';
import { useComplaint } from '../state/complain.ts';
import { Action } from '../ui/action.tsx';
import { Empty, Failure, Loading } from '../ui/answer-states.tsx';
import { Moment } from '../ui/moment.tsx';
import { Name } from '../ui/name.tsx';
import { Panel } from '../ui/panel.tsx';
import styles from './heaps.module.css';

type Session = NonNullable<HeapPairsQuery['heapPairs']>[number];

/** What was captured, as a timeline: sessions, the newest first, and how the heap grew in each. */
export function PairsPanel() {
  const { data, error, refresh } = useFreshQuery(HeapPairsDocument, {}, ['operations']);
  const sessions = data?.heapPairs;
  return (
    <Panel title="Snapshots" note={sessions && formatCount(sessions.length)}>
      {error && !sessions ? (
        <Failure error={error} retry={refresh} />
      ) : !sessions ? (
        <Loading lines={3} label="Loading the snapshots" />
      ) : sessions.length === 0 ? (
        <Empty>No snapshots yet. Capture a process below, twice, to see what grows in it.</Empty>
      ) : (
        <ol className={styles.sessions}>
          {sessions.map((session) => (
            <SessionItem key={session.id} session={session} />
          ))}
        </ol>
      )}
    </Panel>
  );
}

function SessionItem({ session }: { readonly session: Session }) {
  const { captures } = session;
  const [first, last] = [captures[0], captures.at(-1)];
  const largest = Math.max(...captures.map(heapOf));
  const [, create] = useMutation(CreateHeapDownloadDocument);
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
      </div>
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
            </span>
            <Action
              icon="download"
              label={`Download the snapshot of ${plainText(session.service)}`}
              press={() => void download(capture.id)}
              off={guard('download')}
            />
          </li>
        ))}
      </ul>
    </li>
  );
}

const heapOf = ({ usedHeapBytes, rawSizeBytes }: Session['captures'][number]): number => usedHeapBytes ?? rawSizeBytes;
