import type { MouseEvent, ReactNode } from 'react';
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
      {/* biome-ignore lint/a11y/useKeyWithClickEvents: the keyboard has the link itself */}
      <tbody onClick={followRow}>{children}</tbody>
    </table>
  );
}

/** A click anywhere in a row follows the link of its name, as long as it is not for something else, or selects text. */
function followRow({ target, metaKey, ctrlKey, shiftKey }: MouseEvent<HTMLElement>): void {
  if (metaKey || ctrlKey || shiftKey || !(target instanceof Element)) return;
  if (target.closest('a, button, input, label, select') || window.getSelection()?.isCollapsed === false) return;
  target.closest('tr')?.querySelector<HTMLAnchorElement>('th[scope="row"] a')?.click();
}

/** Classes of cells that need them: the row's name with what stands beside it, and its buttons; more of them than fit beside a name are a row on a phone. */
export const cell = {
  first: styles.first ?? '',
  name: styles.name ?? '',
  actions: styles.actions ?? '',
  actionRow: styles.actionRow ?? '',
} as const;
