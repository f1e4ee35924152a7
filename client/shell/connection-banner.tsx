import { Button } from '@mantine/core';
import { useApi } from '../api/use-api.ts';
import { formatSeconds } from '../format/duration.ts';
import { formatClock } from '../format/moment.ts';
import { useClock } from '../state/clock.ts';
import { type Connection, worthSayingMs } from '../state/connection.ts';
import { countEvents } from '../state/live.ts';
import { usePage } from '../state/page.ts';
import { useStore } from '../state/store.ts';
import { Icon } from '../ui/icon.tsx';
import styles from './shell.module.css';

/** Says that the page is not live, since when, and what is done about it; and afterwards what was caught up with. */
export function ConnectionBanner() {
  const page = usePage();
  const state = useStore(page.connection);
  const { returned } = useStore(page.live);
  return (
    <div role="status" className={styles.banners}>
      {state.state === 'LOST' && <Lost since={state.since} retryAt={state.retryAt} />}
      {state.state === 'LIVE' && returned && (
        <p className={styles.banner} data-tone="ok">
          <Icon name="check" />
          <span>
            Reconnected after {formatSeconds(returned.awayMs / 1000)}: {countEvents(returned.caughtUp)}, none missed.
          </span>
        </p>
      )}
    </div>
  );
}

function Lost({ since, retryAt }: Pick<Extract<Connection, { state: 'LOST' }>, 'since' | 'retryAt'>) {
  const { socket } = useApi();
  const zone = useStore(usePage().preferences.zone);
  const shown = useClock((now) => now - since > worthSayingMs);
  if (!shown) return null;
  return (
    <p className={styles.banner} data-tone="warn">
      <Icon name="warning" />
      <span>
        <strong>Not connected since {formatClock(since, zone)}.</strong> Showing data from then.{' '}
        {/* The seconds are for the eye: read aloud each second they would be noise. */}
        <span aria-hidden="true">
          <Countdown until={retryAt} />
        </span>
      </span>
      <Button size="compact-sm" variant="default" onClick={socket.retryNow}>
        Retry now
      </Button>
    </p>
  );
}

function Countdown({ until }: { readonly until: number | null }) {
  const seconds = useClock((now) => (until === null ? 0 : Math.max(0, Math.ceil((until - now) / 1000))));
  return seconds === 0 ? 'Trying again…' : `Next attempt in ${seconds} s.`;
}
