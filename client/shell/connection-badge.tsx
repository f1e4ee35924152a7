import { formatCount } from '../format/count.ts';
import { usePage } from '../state/page.ts';
import { useStore } from '../state/store.ts';
import styles from './shell.module.css';

/** Whether what is seen is live, and the number of the newest event that it follows from. */
export function ConnectionBadge() {
  const page = usePage();
  const { state } = useStore(page.connection);
  const { seq } = useStore(page.live);
  const word = { CONNECTING: 'Connecting', LIVE: 'Live', LOST: 'Offline', REFUSED: 'Signed out' }[state];
  return (
    <span className={styles.badge} data-state={state} title="The number of the newest event in the server’s log">
      <span className={styles.dot} aria-hidden="true" />
      {word}
      {seq !== null && seq > 0 && <span className={styles.seq}>#{formatCount(seq)}</span>}
    </span>
  );
}
