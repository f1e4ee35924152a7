import { Button } from '@mantine/core';
import { plainText } from '../format/plain-text.ts';
import type { Question } from '../state/dialogs.ts';
import { usePage } from '../state/page.ts';
import styles from '../ui/dialog.module.css';
import { Dialog } from '../ui/dialog.tsx';

/** The one question that may be open; “no” has the focus. */
export function Confirmation({ asked }: { readonly asked: Question }) {
  const { dialogs } = usePage();
  const close = () => dialogs.question.set(null);
  return (
    <Dialog close={close} title={plainText(asked.title)}>
      <p className={styles.text}>{asked.text}</p>
      <div className={styles.buttons}>
        <Button variant="default" onClick={close} data-autofocus>
          {asked.keep ?? 'Cancel'}
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
