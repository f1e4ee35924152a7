import { Icon } from './icon.tsx';
import styles from './sort-heading.module.css';

export interface Sorting<By extends string> {
  readonly by: By;
  readonly direction: 'ASC' | 'DESC';
  readonly change: (by: By) => void;
}

interface Props<By extends string> {
  readonly label: string;
  readonly by: By;
  /** Without it the heading is plain. */
  readonly sorting: Sorting<By> | undefined;
  readonly number?: boolean;
}

/** The heading of a column that a table can be sorted by; says in words and by an arrow whether it is, and which way. */
export function SortHeading<By extends string>({ label, by, sorting, number = false }: Props<By>) {
  const sorted = sorting?.by === by ? sorting.direction : null;
  const order = sorted === null ? undefined : sorted === 'ASC' ? 'ascending' : 'descending';
  return (
    <th scope="col" aria-sort={order} className={number ? 'number' : undefined}>
      {sorting ? (
        <button type="button" className={styles.sort} onClick={() => sorting.change(by)}>
          {label}
          <span className={styles.arrow} data-on={sorted ? '' : undefined}>
            <Icon name={sorted === 'ASC' ? 'up' : 'down'} size={12} />
          </span>
        </button>
      ) : (
        label
      )}
    </th>
  );
}
