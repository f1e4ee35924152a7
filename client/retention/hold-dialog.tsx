import { Button, TextInput } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import { useMutation } from 'urql';
import { type ArtifactKind, HoldArtifactDocument } from '../api/generated/graphql.ts';
import { usePage } from '../state/page.ts';
import { Failure } from '../ui/answer-states.tsx';
import { Dialog } from '../ui/dialog.tsx';
import styles from '../ui/form.module.css';

interface Props {
  readonly kind: ArtifactKind;
  readonly id: string;
  /** What is held, as the title has it: `the dump of web-01`. */
  readonly what: string;
  readonly close: () => void;
}

/** Asks why something is to be held: whoever finds the hold later wants to know. */
export function HoldDialog({ kind, id, what, close }: Props) {
  const [reason, setReason] = useState('');
  const [{ error, fetching }, hold] = useMutation(HoldArtifactDocument);
  const { freshness, toasts } = usePage();

  async function submit(event: FormEvent): Promise<void> {
    event.preventDefault();
    const { data } = await hold({ kind, id, reason: reason.trim() });
    if (!data) return;
    toasts.show('success', `Held ${what}`);
    freshness.mark(['records', 'operations']);
    close();
  }
  return (
    <Dialog close={close} title={`Hold ${what}`}>
      <form className={styles.form} onSubmit={submit}>
        <p>Nobody can delete it, by retention or by hand, until an admin releases the hold.</p>
        <TextInput
          label="Reason"
          placeholder="Evidence of incident 42"
          value={reason}
          onChange={({ currentTarget }) => setReason(currentTarget.value)}
          maxLength={500}
          required
          data-autofocus
        />
        {error && <Failure error={error} />}
        <div className={styles.buttons}>
          <Button variant="default" onClick={close}>
            Cancel
          </Button>
          <Button type="submit" loading={fetching} disabled={reason.trim() === ''}>
            Hold
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
