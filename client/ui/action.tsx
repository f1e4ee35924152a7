import type { ReactNode } from 'react';
import { Link } from 'wouter';
import styles from './action.module.css';
import { Icon, type IconName } from './icon.tsx';

interface Props {
  /** What it does, in full: the rows of a table have the same short texts. */
  readonly label?: string;
  readonly icon?: IconName;
  readonly children?: ReactNode;
  /** Where it leads; without it, `press` is called. */
  readonly href?: string;
  readonly press?: () => void;
  /** Why it is off now; null if it is on. */
  readonly off?: string | null;
}

/**
 * A button or link in a row. There are hundreds of them on a screen that changes many times a second, so they are plain
 * elements and not components of the library, which cost a hundred times as much.
 */
export function Action({ label, icon, children, href, press, off = null }: Props) {
  const className = children === undefined ? styles.icon : styles.action;
  const content = (
    <>
      {icon && <Icon name={icon} />}
      {children}
    </>
  );
  if (href !== undefined)
    return (
      <Link href={href} className={className} aria-label={label} title={label}>
        {content}
      </Link>
    );
  return (
    <button
      type="button"
      className={className}
      aria-label={label}
      title={off ?? (children === undefined ? label : undefined)}
      disabled={off !== null}
      onClick={press}
    >
      {content}
    </button>
  );
}
