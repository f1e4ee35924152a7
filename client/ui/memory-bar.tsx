import styles from './memory-bar.module.css';

interface Props {
  /** What it is the progress of. */
  readonly label: string;
  readonly readBytes: number | null;
  readonly writtenBytes: number | null;
  /** Null while nobody knows: then the bar says so instead of guessing. */
  readonly totalBytes: number | null;
  /** Said to a screen reader in place of the bare percentage. */
  readonly text: string;
}

/** Two amounts on one scale: what was read of the guest's memory, and inside of it what reached the disk. */
export function MemoryBar({ label, readBytes, writtenBytes, totalBytes, text }: Props) {
  const share = (bytes: number | null) =>
    bytes === null || totalBytes === null || totalBytes <= 0 ? 0 : Math.min(1, bytes / totalBytes);
  const known = totalBytes !== null && readBytes !== null;
  return (
    <div
      className={styles.bar}
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={known ? Math.round(100 * share(readBytes)) : undefined}
      aria-valuetext={text}
      data-unknown={known ? undefined : ''}
    >
      <div className={styles.read} style={{ transform: `scaleX(${known ? share(readBytes) : 1})` }} />
      <div className={styles.written} style={{ transform: `scaleX(${share(writtenBytes)})` }} />
    </div>
  );
}
