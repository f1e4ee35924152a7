import { type ReactNode, useId } from 'react';
import styles from './panel.module.css';

interface Props {
  readonly title: string;
  /** Beside the title: a count, a mark. */
  readonly note?: ReactNode;
  /** At the right of the title: buttons, links. */
  readonly actions?: ReactNode;
  readonly children: ReactNode;
  /** Without inner margin, for tables that go from edge to edge. */
  readonly flush?: boolean;
  readonly className?: string | undefined;
}

/** One matter on a screen: a region with a heading. */
export function Panel({ title, note, actions, children, flush = false, className }: Props) {
  const id = useId();
  return (
    <section className={`${styles.panel} ${className ?? ''}`} aria-labelledby={id}>
      <div className={styles.head}>
        <h2 id={id}>{title}</h2>
        {note !== undefined && <span className={styles.note}>{note}</span>}
        {actions !== undefined && <div className={styles.actions}>{actions}</div>}
      </div>
      <div className={flush ? styles.flush : styles.body}>{children}</div>
    </section>
  );
}
