import { formatCount } from '../format/count.ts';
import { Action } from './action.tsx';
import { Icon } from './icon.tsx';
import styles from './pager.module.css';

interface Props {
  /** From 1. */
  readonly page: number;
  readonly size: number;
  readonly total: number;
  readonly sizes: readonly number[];
  readonly go: (page: number) => void;
  readonly resize: (size: number) => void;
}

/** Where one is in the list, and how to get on. */
export function Pager({ page, size, total, sizes, go, resize }: Props) {
  const pages = Math.max(1, Math.ceil(total / size));
  const first = total === 0 ? 0 : (page - 1) * size + 1;
  const last = Math.min(total, page * size);
  return (
    <nav className={styles.pager} aria-label="Pages">
      <span>
        {first > total
          ? `No such page: there are ${formatCount(total)} records`
          : `${formatCount(first)}–${formatCount(last)} of ${formatCount(total)}`}
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
          press={() => go(Math.min(page - 1, pages))}
        >
          Previous
        </Action>
        <span>
          Page {formatCount(page)} of {formatCount(pages)}
        </span>
        <Action off={page >= pages ? 'This is the last page' : null} press={() => go(page + 1)}>
          Next <Icon name="right" />
        </Action>
      </span>
    </nav>
  );
}
