import { useState } from 'react';
import { usePage } from '../state/page.ts';
import { Action } from './action.tsx';
import { copyText } from './clipboard.ts';

/** A digest, shortened to what the eye compares. */
export function Hash({ value, digits = 12 }: { readonly value: string; readonly digits?: number }) {
  return (
    <span className="mono" title={value}>
      {value.slice(0, digits)}
      {value.length > digits ? '…' : ''}
    </span>
  );
}

interface Props {
  readonly text: string;
  /** What is copied, as a person calls it. */
  readonly what: string;
}

export function CopyButton({ text, what }: Props) {
  const [copied, setCopied] = useState(false);
  const { toasts } = usePage();
  async function copy(): Promise<void> {
    const done = await copyText(text);
    toasts.show(
      done ? 'success' : 'error',
      done ? `Copied the ${what}` : `The browser does not allow copying the ${what}`,
    );
    setCopied(done);
    setTimeout(() => setCopied(false), 1500);
  }
  return <Action label={`Copy the ${what}`} icon={copied ? 'check' : 'copy'} press={() => void copy()} />;
}
