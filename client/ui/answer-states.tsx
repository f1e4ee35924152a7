import { Button } from '@mantine/core';
import type { ReactNode } from 'react';
import type { CombinedError } from 'urql';
import { Link } from 'wouter';
import { problemOf } from '../api/problem.ts';
import { sentence } from '../format/sentence.ts';
import styles from './answer-states.module.css';
import { Icon } from './icon.tsx';

/** Grey lines in the shape of what comes. */
export function Loading({ lines = 3, label = 'Loading' }: { readonly lines?: number; readonly label?: string }) {
  return (
    <div className={styles.loading} aria-busy="true">
      <span className="unseen">{label}…</span>
      {Array.from({ length: lines }, (_, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: they are all the same
        <div key={index} className={styles.line} style={{ width: `${92 - ((index * 17) % 40)}%` }} />
      ))}
    </div>
  );
}

/** Says why nothing is there, and what to do next. */
export function Empty({ children, action }: { readonly children: ReactNode; readonly action?: ReactNode }) {
  return (
    <div className={styles.empty}>
      <p>{children}</p>
      {action}
    </div>
  );
}

/** What the server said, in place of what could not be shown. */
export function Failure({ error, retry }: { readonly error: CombinedError; readonly retry?: () => void }) {
  const { code, message, hint } = problemOf(error);
  return (
    <div className={styles.failure} role="alert">
      <Icon name="warning" />
      <div>
        <p>
          <strong>{sentence(message)}</strong> <code>{code}</code>
        </p>
        {hint && <p className="dim">{hint}</p>}
      </div>
      {retry && (
        <Button size="compact-sm" variant="default" onClick={retry}>
          Try again
        </Button>
      )}
    </div>
  );
}

/** An address of this dashboard that a sentence ends with in brackets, as the server names it. */
const ownAddress = /\s*\((\/[a-z]+)\)(?=[.,;\s]|$)/;

/** The sentence, with a link in place of an address of this dashboard. */
function linked(text: string): ReactNode {
  const found = ownAddress.exec(text);
  if (found === null) return text;
  const [whole, address] = found;
  return (
    <>
      {text.slice(0, found.index)}
      {text.slice(found.index + whole.length)} <Link href={address as string}>Open {address?.slice(1)}</Link>
    </>
  );
}

/** What the answer itself says was not possible on the way. */
export function Warnings({ warnings }: { readonly warnings: readonly string[] }) {
  if (warnings.length === 0) return null;
  return (
    <ul className={styles.warnings} aria-label="Warnings">
      {warnings.map((warning) => (
        <li key={warning}>
          <Icon name="warning" /> <span>{linked(warning)}</span>
        </li>
      ))}
    </ul>
  );
}
