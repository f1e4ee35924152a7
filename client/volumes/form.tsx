import { Button } from '@mantine/core';
import { type FormEvent, type ReactNode, useState } from 'react';
import { Dialog } from '../ui/dialog.tsx';
import styles from './volumes.module.css';

interface Props {
  readonly title: string;
  /** What the button says that does it. */
  readonly action: string;
  readonly ready: boolean;
  /** Starts it; the dialog closes if that resolves with true. */
  readonly submit: () => Promise<boolean>;
  readonly close: () => void;
  readonly children: ReactNode;
}

/** A dialog that starts an operation. Enter submits it. */
export function Form({ title, action, ready, submit, close, children }: Props) {
  const [busy, setBusy] = useState(false);
  async function send(event: FormEvent): Promise<void> {
    event.preventDefault();
    if (!ready || busy) return;
    setBusy(true);
    const isStarted = await submit();
    setBusy(false);
    if (isStarted) close();
  }
  return (
    <Dialog close={close} title={title}>
      <form className={styles.form} onSubmit={send}>
        {children}
        <div className={styles.buttons}>
          <Button variant="default" onClick={close}>
            Cancel
          </Button>
          <Button type="submit" loading={busy} disabled={!ready}>
            {action}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
