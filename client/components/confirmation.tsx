import { Button } from '@mantine/core';
import { type Question, question } from '../lib/dialogs.ts';
import { plainText } from '../lib/plain-text.ts';
import styles from './dialog.module.css';
import { Dialog } from './dialog.tsx';

/** The one question that may be open; “no” has the focus. */
export function Confirmation({ asked }: { readonly asked: Question }) {
  const close = () => question.set(null);
  return (
    <Dialog close={close} title={plainText(asked.title)}>
      <p className={styles.text}>{asked.text}</p>
      <div className={styles.buttons}>
        <Button variant="default" onClick={close} data-autofocus>
          Keep it
        </Button>
        <Button
          color="red"
          onClick={() => {
            close();
            asked.run();
          }}
        >
          {asked.action}
        </Button>
      </div>
    </Dialog>
  );
}
