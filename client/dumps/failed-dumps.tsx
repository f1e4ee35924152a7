import { useState } from 'react';
import { Link } from 'wouter';
import { FailedDumpsDocument } from '../api/generated/graphql.ts';
import { useFreshQuery } from '../api/use-fresh-query.ts';
import { sentence } from '../format/sentence.ts';
import { useGuard } from '../state/authority.ts';
import { usePage } from '../state/page.ts';
import { useStore } from '../state/store.ts';
import { Action } from '../ui/action.tsx';
import { Age } from '../ui/moment.tsx';
import { Name } from '../ui/name.tsx';
import { Panel } from '../ui/panel.tsx';
import styles from './failed-dumps.module.css';
import { useRetry } from './use-retry.ts';

/** As many failures as are looked through; what is older is in the journal. */
const asked = 50;
const shown = 3;

/** Dumps that failed and that nobody has dealt with: why, and the button that tries again. Nothing at all if there are none. */
export function FailedDumps({ className }: { readonly className?: string | undefined }) {
  const { data } = useFreshQuery(FailedDumpsDocument, { first: asked }, ['active', 'records']);
  const { dismissed } = usePage();
  const done = useStore(dismissed);
  const guard = useGuard();
  const retry = useRetry();
  const [all, setAll] = useState(false);
  const failed = (data?.dumps.nodes ?? []).filter(({ id }) => !done.has(id));
  if (failed.length === 0) return null;
  const off = guard('trigger') ?? (retry.busy ? 'Requesting a dump…' : null);
  return (
    <Panel
      title="Failed dumps"
      note={String(failed.length)}
      className={className}
      flush
      actions={<Action press={() => dismissed.add(failed.map(({ id }) => id))}>Dismiss all</Action>}
    >
      <ul className={styles.list}>
        {failed.slice(0, all ? undefined : shown).map((dump) => (
          <li key={dump.id}>
            <span className={styles.name}>
              <Link href={`/dumps/${dump.id}`}>
                <Name>{dump.vmName}</Name>
              </Link>
            </span>
            <span className={styles.time}>
              <Age at={dump.finishedAt ?? dump.createdAt} />
            </span>
            <span className={styles.reason}>
              {dump.error ? `${sentence(dump.error.message)} ${sentence(dump.error.hint)}` : sentence(dump.message)}
            </span>
            <span className={styles.buttons}>
              <Action label={`Retry the dump of ${dump.vmName}`} off={off} press={() => void retry.run(dump)}>
                Retry
              </Action>
              <Action
                label={`Dismiss the failed dump of ${dump.vmName}`}
                icon="cross"
                press={() => dismissed.add([dump.id])}
              />
            </span>
          </li>
        ))}
      </ul>
      {failed.length > shown && (
        <p className={styles.more}>
          <Action press={() => setAll(!all)}>{all ? 'Show fewer' : `Show all ${failed.length}`}</Action>
        </p>
      )}
    </Panel>
  );
}
