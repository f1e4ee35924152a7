import type { ReactNode } from 'react';
import styles from './facts.module.css';

/** What is null is not known or does not apply, and is left out. */
export type Fact = readonly [name: string, value: ReactNode | null];

interface Props {
  readonly title?: string;
  readonly facts: readonly Fact[];
  /** Values so long that on a phone they need the whole width. */
  readonly long?: boolean;
}

/** Names and values, as a list of definitions. */
export function Facts({ title, facts, long = false }: Props) {
  const known = facts.filter(([, value]) => value !== null && value !== undefined && value !== '');
  return (
    <div className={styles.facts} data-long={long ? '' : undefined}>
      {title !== undefined && <h3>{title}</h3>}
      <dl>
        {known.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </div>
  );
}
