import { useState } from 'react';
import { formatBytes } from '../format/bytes.ts';
import { plainText } from '../format/plain-text.ts';
import { Action } from '../ui/action.tsx';
import { Empty } from '../ui/answer-states.tsx';
import styles from './flame.module.css';
import { type CallRow, type Flame, flamesOf, largest, zoomed } from './flame-layout.ts';

/** Narrower than this nothing can be pressed or read. */
const leastShare = 0.002;
const mostDepth = 60;

const placeOf = ({ script, line }: CallRow): string =>
  script === '' ? '' : `${plainText(script.replace(/^file:\/\//, ''))}:${line}`;

/** Which functions allocated memory that is still there: callers above, what they call below, as wide as what it allocated. */
export function FlameView({ rows }: { readonly rows: readonly CallRow[] }) {
  const [top, zoom] = useState<number | null>(null);
  const flames = flamesOf(rows);
  if (flames.length === 0)
    return (
      <Empty>Nothing was allocated that is still in memory. Sample for longer, or while the service is at work.</Empty>
    );
  const shown = zoomed(flames, top).filter(({ share, depth }) => share >= leastShare && depth < mostDepth);
  const depth = Math.max(...shown.map((flame) => flame.depth)) + 1;
  return (
    <>
      <div className={styles.head}>
        <p className="dim">Select a function to see only what it allocates. Width shows memory, not time.</p>
        <Action press={() => zoom(null)} off={top === null ? 'All of it is shown' : null}>
          Show all
        </Action>
      </div>
      <div className={styles.flames} style={{ height: `${depth * 1.5}rem` }}>
        {shown.map((flame) => (
          <FlameButton key={flame.index} flame={flame} press={() => zoom(flame.depth === 0 ? null : flame.index)} />
        ))}
      </div>
      <h3 className={styles.heading}>Functions that allocated most</h3>
      <ol className={styles.largest}>
        {largest(flames, 10).map((row) => (
          <li key={`${row.name} ${placeOf(row)}`}>
            <strong>{formatBytes(row.selfBytes)}</strong> <code>{plainText(row.name)}</code>{' '}
            <span className="dim">{placeOf(row)}</span>
          </li>
        ))}
      </ol>
    </>
  );
}

function FlameButton({ flame, press }: { readonly flame: Flame; readonly press: () => void }) {
  const text = `${plainText(flame.name)}, ${formatBytes(flame.totalBytes)}`;
  const place = placeOf(flame);
  return (
    <button
      type="button"
      className={styles.flame}
      data-own={place !== '' && !flame.script.startsWith('node:') ? '' : undefined}
      style={{ left: `${flame.from * 100}%`, width: `${flame.share * 100}%`, top: `${flame.depth * 1.5}rem` }}
      title={place === '' ? text : `${text}\n${place}`}
      onClick={press}
    >
      {text}
    </button>
  );
}
