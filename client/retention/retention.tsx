import { RetentionDocument } from '../api/generated/graphql.ts';
import { useFreshQuery } from '../api/use-fresh-query.ts';
import { ScreenHeading } from '../shell/screen-heading.tsx';
import { Failure, Loading } from '../ui/answer-states.tsx';
import { Panel } from '../ui/panel.tsx';
import { HoldsPanel } from './holds-panel.tsx';
import { PoliciesPanel } from './policies-panel.tsx';
import { PreviewPanel } from './preview-panel.tsx';
import styles from './retention.module.css';
import { RunsPanel } from './runs-panel.tsx';

/** What is kept by rule, what would go now and why, what is held, and what went. */
export function Retention() {
  const { data, error, refresh } = useFreshQuery(RetentionDocument, {}, ['records', 'operations']);
  return (
    <>
      <ScreenHeading title="Retention" />
      {data ? (
        <div className={styles.panels}>
          <PoliciesPanel policies={data.retentionPolicies} refresh={refresh} />
          {data.retentionPolicies.length > 0 && <PreviewPanel preview={data.retentionPreview} refresh={refresh} />}
          <HoldsPanel holds={data.holds} verdicts={data.retentionPreview.staying} refresh={refresh} />
          {data.retentionRuns.length > 0 && <RunsPanel runs={data.retentionRuns} />}
        </div>
      ) : (
        <Panel title="Policies">{error ? <Failure error={error} retry={refresh} /> : <Loading lines={4} />}</Panel>
      )}
    </>
  );
}
