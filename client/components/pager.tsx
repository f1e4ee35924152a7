import { Button } from '@mantine/core';
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
          ? `No such page: there are ${number(total)} records`
          : `${number(first)}–${number(last)} of ${number(total)}`}
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
        <Button
          size="compact-sm"
          variant="default"
          disabled={page <= 1}
          onClick={() => go(Math.min(page - 1, pages))}
          leftSection={<Icon name="left" />}
        >
          Previous
        </Button>
        <span>
          Page {number(page)} of {number(pages)}
        </span>
        <Button
          size="compact-sm"
          variant="default"
          disabled={page >= pages}
          onClick={() => go(page + 1)}
          rightSection={<Icon name="right" />}
        >
          Next
        </Button>
      </span>
    </nav>
  );
}

const number = (value: number): string => value.toLocaleString('en');
