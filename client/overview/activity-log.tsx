import { useEffect, useRef } from 'react';
import { Link } from 'wouter';
import { formatClock } from '../format/moment.ts';
import type { ActivityEntry } from '../state/activity-entries.ts';
import { usePage } from '../state/page.ts';
import { useStore } from '../state/store.ts';
import { Empty } from '../ui/answer-states.tsx';
import { Panel } from '../ui/panel.tsx';
import styles from './activity-log.module.css';

const words = { success: 'Done', error: 'Error', warning: 'Warning', info: 'Info' } as const;

/** The last 20 of what happened, newest at the bottom; follows by itself unless someone scrolled up to read. */
export function ActivityLog({ className }: { readonly className?: string | undefined }) {
  const { entries, count } = useStore(usePage().activity);
  const list = useRef<HTMLDivElement>(null);
  const follows = useRef(true);
  const newest = entries.at(-1)?.key;

  // biome-ignore lint/correctness/useExhaustiveDependencies: a new entry is the reason to scroll
  useEffect(() => {
    // With the frame that shows it: asked for before, the browser would lay out the page once more.
    const frame = requestAnimationFrame(() => {
      if (list.current && follows.current) list.current.scrollTop = list.current.scrollHeight;
    });
    return () => cancelAnimationFrame(frame);
  }, [newest]);

  return (
    <Panel
      title="Activity"
      className={className}
      flush
      actions={
        <span className={styles.count} title="All entries logged in this tab; the last 20 are shown">
          {count}
          <span className="unseen"> entries in all</span>
        </span>
      }
    >
      {entries.length === 0 ? (
        <Empty>No activity yet.</Empty>
      ) : (
        // Toasts are the live region; the log itself would say everything twice.
        <div
          ref={list}
          className={styles.log}
          role="log"
          aria-live="off"
          aria-label="Activity log"
          // biome-ignore lint/a11y/noNoninteractiveTabindex: whoever has no mouse must be able to scroll it
          tabIndex={0}
          onScroll={({ currentTarget: { scrollTop, clientHeight, scrollHeight } }) => {
            follows.current = scrollTop + clientHeight > scrollHeight - 24;
          }}
        >
          <ol>
            {entries.map((entry) => (
              <Entry key={entry.key} entry={entry} />
            ))}
          </ol>
        </div>
      )}
    </Panel>
  );
}

function Entry({ entry }: { readonly entry: ActivityEntry }) {
  const zone = useStore(usePage().preferences.zone);
  return (
    <li className={styles.entry} data-tone={entry.tone} data-seq={entry.seq ?? undefined}>
      <time dateTime={entry.at} title={entry.seq === null ? undefined : `Event ${entry.seq}`}>
        {formatClock(entry.at, zone)}
      </time>
      <span className={styles.text}>
        <span className="unseen">{words[entry.tone]}: </span>
        {entry.operationId ? <Link href={`/operations/${entry.operationId}`}>{entry.text}</Link> : entry.text}
      </span>
    </li>
  );
}
