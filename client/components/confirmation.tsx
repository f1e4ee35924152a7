import { Button, Modal } from '@mantine/core';
import { useRef } from 'react';
import { type Question, question } from '../lib/dialogs.ts';
import { plainText } from '../lib/plain-text.ts';
import { useStore } from '../lib/store.ts';
import styles from './dialog.module.css';

/** The one question that may be open; “no” has the focus. */
export function Confirmation() {
  const open = useStore(question);
  // What is asked stays readable while the dialog fades away.
  const last = useRef<Question | null>(null);
  if (open) last.current = open;
  const shown = last.current;
  const close = () => question.set(null);
  return (
    <Modal
      opened={open !== null}
      onClose={close}
      title={plainText(shown?.title ?? '')}
      closeButtonProps={{ 'aria-label': 'Close' }}
      centered
    >
      <p className={styles.text}>{shown?.text}</p>
      <div className={styles.buttons}>
        <Button variant="default" onClick={close} data-autofocus>
          Keep it
        </Button>
        <Button
          color="red"
          onClick={() => {
            close();
            shown?.run();
          }}
        >
          {shown?.action}
        </Button>
      </div>
    </Modal>
  );
}
