import { Button, TextInput } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import { useMutation } from 'urql';
import { CreateTokenDocument, type Role } from '../api/generated/graphql.ts';
import { writeToken } from '../api/token.ts';
import { usePage } from '../state/page.ts';
import { Failure } from '../ui/answer-states.tsx';
import { Choice } from '../ui/choice.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { CopyButton } from '../ui/hash.tsx';
import styles from './settings.module.css';

interface Props {
  readonly close: () => void;
  /** The first token shuts the door behind it: it has to be an admin's. */
  readonly first: boolean;
}

const roles = [
  { value: 'VIEWER', label: 'Viewer: sees' },
  { value: 'OPERATOR', label: 'Operator: triggers, cancels, verifies' },
  { value: 'ADMIN', label: 'Admin: everything' },
] as const;

const lives = [
  { value: '', label: 'Never' },
  { value: '1', label: 'After a day' },
  { value: '30', label: 'After 30 days' },
  { value: '365', label: 'After a year' },
] as const;

/** Makes a token; its secret is shown this once. */
export function NewToken({ close, first }: Props) {
  const { freshness } = usePage();
  const [name, setName] = useState('');
  const [role, setRole] = useState<Role>(first ? 'ADMIN' : 'VIEWER');
  const [days, setDays] = useState<(typeof lives)[number]['value']>('');
  const [{ data, error, fetching }, create] = useMutation(CreateTokenDocument);
  const secret = data?.createToken.secret;

  async function submit(event: FormEvent): Promise<void> {
    event.preventDefault();
    const expiresAt = days === '' ? null : new Date(Date.now() + Number(days) * 86_400_000).toISOString();
    const answer = await create({ input: { name: name.trim(), role, expiresAt } });
    // After the first token this browser is a stranger too, until it shows one: nothing is asked again before that.
    if (answer.data && !first) freshness.mark(['access']);
  }
  function use(): void {
    writeToken(secret ?? null, false);
    window.location.reload();
  }

  return (
    <Dialog close={close} title="New token" closeOnClickOutside={secret === undefined}>
      {secret !== undefined ? (
        <div className={styles.form}>
          <p>This is the token. It is shown this once and kept nowhere: copy it now.</p>
          <p className={styles.secret}>
            <code>{secret}</code>
            <CopyButton text={secret} what="token" />
          </p>
          <div className={styles.buttons}>
            {first && <Button onClick={use}>Use it in this browser</Button>}
            <Button variant="default" onClick={close}>
              Close
            </Button>
          </div>
        </div>
      ) : (
        <form className={styles.form} onSubmit={submit}>
          {first && (
            <p>From the first token on, everybody needs one to come in, you too. So the first is an admin’s.</p>
          )}
          <TextInput
            label="Name"
            description="What the journal will call whoever uses it"
            value={name}
            onChange={({ currentTarget }) => setName(currentTarget.value)}
            maxLength={64}
            required
            data-autofocus
          />
          {!first && <Choice label="Role" choices={roles} value={role} change={setRole} />}
          <Choice label="Ends by itself" choices={lives} value={days} change={setDays} />
          {error && <Failure error={error} />}
          <div className={styles.buttons}>
            <Button variant="default" onClick={close}>
              Close
            </Button>
            <Button type="submit" loading={fetching} disabled={name.trim() === ''}>
              Make the token
            </Button>
          </div>
        </form>
      )}
    </Dialog>
  );
}
