import { Link } from 'wouter';
import { DumpDetailsDocument, type DumpDetailsQuery } from '../../api/generated/graphql.ts';
import { useFreshQuery } from '../../api/use-fresh-query.ts';
import { plainText } from '../../format/plain-text.ts';
import { sentence } from '../../format/sentence.ts';
import { ReleaseButton } from '../../retention/release-button.tsx';
import { Empty, Failure, Loading } from '../../ui/answer-states.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { Facts } from '../../ui/facts.tsx';
import { Icon } from '../../ui/icon.tsx';
import { Moment } from '../../ui/moment.tsx';
import { DemoMark, Name } from '../../ui/name.tsx';
import { PauseMeter } from '../../ui/pause-meter.tsx';
import { StateBadge } from '../../ui/state-badge.tsx';
import { DetailsActions } from './actions.tsx';
import styles from './details.module.css';
import { captureFacts, fileFacts, machineFacts, timeFacts } from './facts.tsx';
import { DetailsProgress } from './progress.tsx';
import { Timeline } from './timeline.tsx';

export type Dump = NonNullable<DumpDetailsQuery['dump']>;
export type DumpRecord = NonNullable<DumpDetailsQuery['dumpRecord']>;

/** All details of one dump: active, finished, or failed. */
export function Details({ id, close }: { readonly id: string; readonly close: () => void }) {
  const { data, error, refresh } = useFreshQuery(DumpDetailsDocument, { id }, ['active', 'records']);
  const name = data?.dump?.vmName ?? data?.dumpRecord?.dom;
  return (
    <Dialog
      close={close}
      size="xl"
      title={
        <>
          Dump of <Name>{name ?? '…'}</Name>
        </>
      }
      className={styles.body}
    >
      {error && !data ? (
        <Failure error={error} retry={refresh} />
      ) : !data ? (
        <Loading lines={8} label="Loading the dump" />
      ) : !data.dump && !data.dumpRecord ? (
        <Empty>Dump {id} was not found.</Empty>
      ) : (
        <Known dump={data.dump} record={data.dumpRecord} refresh={refresh} />
      )}
    </Dialog>
  );
}

interface KnownProps {
  readonly dump: Dump | null;
  readonly record: DumpRecord | null;
  readonly refresh: () => void;
}

/** A record of another server has no operation here; a dump that is not completed has no record. */
function Known({ dump, record, refresh }: KnownProps) {
  const pause = record?.guestPauseMs ?? dump?.guestPauseMs;
  return (
    <>
      <div className={styles.head}>
        {dump && <StateBadge state={dump.state} working={dump.state === 'RUNNING'} />}
        {record && record.state !== 'AVAILABLE' && <StateBadge state={record.state} />}
        {(record?.demo ?? dump?.demo) && <DemoMark />}
        {record && (
          <span>
            Guest pause: <PauseMeter pauseMs={pause} />
          </span>
        )}
      </div>
      {dump && <DetailsProgress dump={dump} />}
      {dump?.error && (
        <div className={styles.error} role="alert">
          <strong>{sentence(dump.error.message)}</strong> <code>{dump.error.code}</code>
          <p>{sentence(dump.error.hint)}</p>
        </div>
      )}
      {record?.hold && (
        <div className={styles.hold}>
          <Icon name="hold" />
          <p>
            Held by {plainText(record.hold.actor)} since <Moment at={record.hold.at} />: {plainText(record.hold.reason)}
          </p>
          <ReleaseButton hold={record.hold} done={refresh} />
        </div>
      )}
      {dump && <Timeline dump={dump} pauseMs={pause} />}
      {record && <Facts title="File" facts={fileFacts(record)} long />}
      <div className={styles.columns}>
        <Facts title="Machine" facts={machineFacts(dump, record)} />
        <Facts title="Capture" facts={captureFacts(dump, record)} />
        <Facts title="Times" facts={timeFacts(dump, record)} />
      </div>
      {dump && (
        <p className={styles.more}>
          <Link href={`/operations/${dump.id}`}>View operation</Link>
        </p>
      )}
      <DetailsActions dump={dump} record={record} />
    </>
  );
}
