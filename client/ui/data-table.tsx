import type { ReactNode } from 'react';
import styles from './data-table.module.css';
import { useNarrow } from './media.ts';

interface Props {
  readonly head: ReactNode;
  readonly children: ReactNode;
  /** Below this width the columns do not fit: each row becomes a card whose lines are named by `data-label`. */
  readonly cardsBelow?: string;
  readonly busy?: boolean;
}

/** Dense on a desk, cards on a phone; a table for whoever hears it, either way. */
export function DataTable({ head, children, cardsBelow = '48em', busy = false }: Props) {
  const cards = useNarrow(cardsBelow);
  return (
    <table className={cards ? styles.cards : styles.table} aria-busy={busy}>
      <thead>
        <tr>{head}</tr>
      </thead>
      <tbody>{children}</tbody>
    </table>
  );
}

/** Classes of cells that need them: the row's name, and its buttons. */
export const cell = { first: styles.first ?? '', actions: styles.actions ?? '' } as const;
