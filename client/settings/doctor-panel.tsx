import { useState } from 'react';
import { HostFindingsDocument, type HostFindingsQuery } from '../api/generated/graphql.ts';
import { useFreshQuery } from '../api/use-fresh-query.ts';
import { plainText } from '../format/plain-text.ts';
import { sentence } from '../format/sentence.ts';
import { Action } from '../ui/action.tsx';
import { Empty, Failure, Loading } from '../ui/answer-states.tsx';
import { Icon } from '../ui/icon.tsx';
import { Panel } from '../ui/panel.tsx';
import styles from './doctor.module.css';

type Finding = HostFindingsQuery['hostFindings'][number];

const looks = {
  OK: { icon: 'check', word: 'OK' },
  LOOK: { icon: 'info', word: 'Note' },
  BROKEN: { icon: 'warning', word: 'Problem' },
} as const;

const order: readonly Finding['state'][] = ['BROKEN', 'LOOK', 'OK'];

/** What the server needs of its machine, as `memoir doctor` says there: what is wrong first, with its consequence and what mends it. */
export function DoctorPanel({ className }: { readonly className?: string | undefined }) {
  const { data, error, refresh } = useFreshQuery(HostFindingsDocument, {}, []);
  const [all, setAll] = useState(false);
  const findings = order.flatMap((wanted) => data?.hostFindings.filter(({ state }) => state === wanted) ?? []);
  const wrong = findings.filter(({ state }) => state !== 'OK');
  const shown = all ? findings : wrong;
  return (
    <Panel
      title="Doctor"
      note={wrong.length > 0 ? wrong.length : undefined}
      className={className}
      actions={
        <>
          {data && (
            <Action press={() => setAll(!all)}>{all ? 'Problems only' : `All ${findings.length} checks`}</Action>
          )}{' '}
          <Action press={refresh}>Check again</Action>
        </>
      }
    >
      {error && !data ? (
        <Failure error={error} retry={refresh} />
      ) : !data ? (
        <Loading lines={3} label="Checking the machine" />
      ) : shown.length === 0 ? (
        <Empty>All {findings.length} checks of this machine passed.</Empty>
      ) : (
        <ul className={styles.findings}>
          {shown.map((finding) => (
            <FindingItem key={finding.about} finding={finding} />
          ))}
        </ul>
      )}
    </Panel>
  );
}

function FindingItem({ finding: { about, state, finding, consequence, mend } }: { readonly finding: Finding }) {
  const { icon, word } = looks[state];
  return (
    <li data-state={state}>
      <Icon name={icon} />
      <div>
        <p>
          <span className="unseen">{word}: </span>
          <strong>{plainText(about)}</strong> {sentence(plainText(finding))}
        </p>
        {consequence != null && <p className="dim">{plainText(consequence)}</p>}
        {mend != null && <p className={styles.mend}>{plainText(mend)}</p>}
      </div>
    </li>
  );
}
