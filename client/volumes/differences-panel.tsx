import { Button } from '@mantine/core';
import { useMutation, useSubscription } from 'urql';
import {
  ReconcileVolumesDocument,
  VolumeDifferencesDocument,
  type VolumeReportFieldsFragment,
  VolumeReportsDocument,
  type VolumeReportsSubscription,
} from '../api/generated/graphql.ts';
import { useFreshQuery } from '../api/use-fresh-query.ts';
import { formatBytes } from '../format/bytes.ts';
import { plainText } from '../format/plain-text.ts';
import { sentence } from '../format/sentence.ts';
import { useGuard } from '../state/authority.ts';
import { useComplaint } from '../state/complain.ts';
import { usePage } from '../state/page.ts';
import { Empty, Failure, Loading } from '../ui/answer-states.tsx';
import { Icon } from '../ui/icon.tsx';
import { Age } from '../ui/moment.tsx';
import { Panel } from '../ui/panel.tsx';
import styles from './volumes.module.css';

/** What disagrees with the world, as the last comparison found it; and the button that compares now. */
export function DifferencesPanel() {
  const { data, error, refresh } = useFreshQuery(VolumeDifferencesDocument, {}, ['volumes']);
  const { freshness, toasts } = usePage();
  const [{ fetching }, reconcile] = useMutation(ReconcileVolumesDocument);
  const complain = useComplaint();
  const off = useGuard()('volume');
  // Reconciliation changes volumes without an operation: whatever it found, they are asked for again.
  useSubscription({ query: VolumeReportsDocument }, (_, report: VolumeReportsSubscription) => {
    freshness.mark(['volumes']);
    return report;
  });
  const report = data?.volumeReport;

  async function compare(): Promise<void> {
    const answer = await reconcile({});
    if (answer.error) return complain('Not reconciled', answer.error);
    freshness.mark(['volumes']);
    const found = answer.data?.reconcileVolumes.report;
    if (found) toasts.show(countOf(found) === 0 ? 'success' : 'warning', summary(found));
  }

  return (
    <Panel
      title="Differences"
      note={report ? <Age at={report.at} /> : undefined}
      actions={
        <Button
          size="compact-sm"
          variant="default"
          leftSection={<Icon name="reset" />}
          loading={fetching}
          disabled={off !== null}
          title={off ?? 'Compares the volumes with the provider and the devices of this host'}
          onClick={() => void compare()}
        >
          Reconcile now
        </Button>
      }
    >
      {error && data === undefined ? (
        <Failure error={error} retry={refresh} />
      ) : data === undefined ? (
        <Loading lines={2} label="Loading the last comparison" />
      ) : !report ? (
        <Empty>Not compared yet. Where there are volumes, they are compared every minute.</Empty>
      ) : (
        <Report report={report} />
      )}
    </Panel>
  );
}

function Report({ report }: { readonly report: VolumeReportFieldsFragment }) {
  const { failure, problems, orphans, repaired } = report;
  return (
    <div className={styles.report}>
      <p>{summary(report)}</p>
      {failure !== null && (
        <p className={styles.bad}>
          <Icon name="warning" /> The provider could not be asked: {sentence(plainText(failure))}
        </p>
      )}
      <Lines title="Problems" lines={problems.map(plainText)} />
      <Lines
        title="Unknown volumes at the provider"
        lines={orphans.map(
          ({ providerId, sizeBytes }) => `${plainText(providerId)} (${formatBytes(sizeBytes)}). It is left alone.`,
        )}
      />
      <Lines title="Repaired" lines={repaired.map(plainText)} />
    </div>
  );
}

function Lines({ title, lines }: { readonly title: string; readonly lines: readonly string[] }) {
  if (lines.length === 0) return null;
  return (
    <section aria-label={title}>
      <h3>{title}</h3>
      <ul className={styles.lines}>
        {lines.map((line) => (
          <li key={line}>{line}</li>
        ))}
      </ul>
    </section>
  );
}

const countOf = ({ problems, orphans, failure }: VolumeReportFieldsFragment): number =>
  problems.length + orphans.length + (failure === null ? 0 : 1);

function summary(report: VolumeReportFieldsFragment): string {
  const compared = report.volumes === 1 ? '1 volume compared' : `${report.volumes} volumes compared`;
  const count = countOf(report);
  return `${compared}: ${count === 0 ? 'no differences' : count === 1 ? '1 difference' : `${count} differences`}.`;
}
