import { formatMs } from '../../format/duration.ts';
import { useClock } from '../../state/clock.ts';
import { PauseMeter } from '../../ui/pause-meter.tsx';
import type { Dump } from './details.tsx';
import { stepsOf } from './steps.ts';
import styles from './timeline.module.css';

/** How long each step of a dump took, beside each other on one scale, and how long of that the guest was paused. */
export function Timeline({ dump, pauseMs }: { readonly dump: Dump; readonly pauseMs: number | null | undefined }) {
  const open = dump.finishedAt === null;
  const now = useClock((ms) => (open ? ms : 0));
  const steps = stepsOf(dump, now);
  const first = steps[0]?.fromMs ?? 0;
  const whole = Math.max(1, (steps.at(-1)?.untilMs ?? 0) - first);
  if (steps.length === 0) return null;
  return (
    <section className={styles.timeline} aria-label="Timeline">
      <h3>Timeline</h3>
      <ol>
        {steps.map(({ name, fromMs, untilMs, waits, captures }) => (
          <li key={name} data-waits={waits ? '' : undefined}>
            <span className={styles.name}>{name}</span>
            <span className={styles.track} aria-hidden="true">
              <span
                style={{
                  marginInlineStart: `${(100 * (fromMs - first)) / whole}%`,
                  width: `${Math.max(0.4, (100 * (untilMs - fromMs)) / whole)}%`,
                }}
              />
            </span>
            <span className={styles.took}>{formatMs(untilMs - fromMs)}</span>
            {captures && pauseMs !== null && pauseMs !== undefined && (
              <span className={styles.pause}>
                of which the guest was paused <PauseMeter pauseMs={pauseMs} />
              </span>
            )}
          </li>
        ))}
      </ol>
    </section>
  );
}
