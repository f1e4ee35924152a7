import { formatCount } from '../format/count.ts';
import { Action } from './action.tsx';
import { Icon } from './icon.tsx';
import styles from './pager.module.css';

interface Props {
  /** From 1. */
  readonly page: number;
  readonly size: number;
  /** Null where it is not known: then only the list itself says whether it goes on. */
  readonly total: number | null;
  /** Rows on this page, and whether the list goes on behind it. */
  readonly rows: number;
  readonly hasNext: boolean;
  readonly sizes: readonly number[];
  readonly go: (page: number) => void;
  readonly resize: (size: number) => void;
}

/** Where one is in the list, and how to get on. */
export function Pager({ page, size, total, rows, hasNext, sizes, go, resize }: Props) {
  const pages = total === null ? null : Math.max(1, Math.ceil(total / size));
  const first = rows === 0 ? 0 : (page - 1) * size + 1;
  const last = (page - 1) * size + rows;
  const isPast = rows === 0 && page > 1;
  return (
    <nav className={styles.pager} aria-label="Pages">
      <span>
        {isPast
          ? `No such page${total === null ? '' : `: there are ${formatCount(total)} records`}`
          : `${formatCount(first)}–${formatCount(last)}${total === null ? '' : ` of ${formatCount(total)}`}`}
      </span>
      <label className={styles.size}>
        Rows
        <select value={size} onChange={({ currentTarget }) => resize(Number(currentTarget.value))}>
          {sizes.map((each) => (
            <option key={each} value={each}>
              {each}
            </option>
          ))}
        </select>
      </label>
      <span className={styles.steps}>
        <Action
          icon="left"
          off={page <= 1 ? 'This is the first page' : null}
          press={() => go(Math.min(page - 1, pages ?? page - 1))}
        >
          Previous
        </Action>
        <span>
          Page {formatCount(page)}
          {pages !== null && ` of ${formatCount(pages)}`}
        </span>
        <Action off={hasNext ? null : 'This is the last page'} press={() => go(page + 1)}>
          Next <Icon name="right" />
        </Action>
      </span>
    </nav>
  );
}
