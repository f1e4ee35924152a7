import { formatMs } from '../format/duration.ts';
import { pauseStep, pauseSteps } from '../format/pause.ts';
import styles from './pause-meter.module.css';

interface Props {
  readonly pauseMs: number | null | undefined;
  /** What an unknown pause is called here. */
  readonly unknown?: string;
  /** A forecast, not a measurement. */
  readonly expected?: boolean;
}

/** How long the guest stands still, as five bars on a scale of tens, and in words: the figure that comes first. */
export function PauseMeter({ pauseMs, unknown = 'unknown', expected = false }: Props) {
  const step = pauseStep(pauseMs);
  const label = step === null ? '' : `${expected ? 'Expected pause' : 'Pause'}: ${pauseSteps[step]?.label}`;
  return (
    <span className={styles.meter} data-step={step ?? 'unknown'} title={label}>
      <span className={styles.bars} aria-hidden="true">
        {pauseSteps.map((each, index) => (
          <span key={each.label} data-on={step !== null && index <= step ? '' : undefined} />
        ))}
      </span>
      {step === null ? unknown : pauseMs === 0 ? 'no pause' : `${expected ? '~ ' : ''}${formatMs(pauseMs)}`}
    </span>
  );
}
