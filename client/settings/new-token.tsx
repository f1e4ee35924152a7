import { Button, TextInput } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import { useMutation } from 'urql';
import { CreateTokenDocument, type Role } from '../api/generated/graphql.ts';
import { writeToken } from '../api/token.ts';
import { usePage } from '../state/page.ts';
import { Failure } from '../ui/answer-states.tsx';
import { Choice } from '../ui/choice.tsx';
import { Dialog } from '../ui/dialog.tsx';
import styles from '../ui/form.module.css';
import { CopyButton } from '../ui/hash.tsx';

interface Props {
  readonly close: () => void;
  /** The first token shuts the door behind it: it has to be an admin's. */
  readonly first: boolean;
}

const roles = [
  { value: 'VIEWER', label: 'Viewer: read-only' },
  { value: 'OPERATOR', label: 'Operator: triggers, cancels and verifies dumps' },
  { value: 'ADMIN', label: 'Admin: full access' },
] as const;

const lives = [
  { value: '', label: 'Never' },
  { value: '1', label: 'After a day' },
  { value: '30', label: 'After 30 days' },
  { value: '365', label: 'After a year' },
] as const;

/** Creates a token; its secret is shown only once. */
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
          <p>Copy the token now: it is not stored and will not be shown again.</p>
          <p className={styles.secret}>
            <code>{secret}</code>
            <CopyButton text={secret} what="token" />
          </p>
          <div className={styles.buttons}>
            {first && <Button onClick={use}>Sign in with this token</Button>}
            <Button variant="default" onClick={close}>
              Close
            </Button>
          </div>
        </div>
      ) : (
        <form className={styles.form} onSubmit={submit}>
          {first && (
            <p>
              Once a token exists, everyone must sign in, including you. The first token is therefore an admin token.
            </p>
          )}
          <TextInput
            label="Name"
            description="Shown in the audit log and the journal"
            value={name}
            onChange={({ currentTarget }) => setName(currentTarget.value)}
            maxLength={64}
            required
            data-autofocus
          />
          {!first && <Choice label="Role" choices={roles} value={role} change={setRole} />}
          <Choice label="Expires" choices={lives} value={days} change={setDays} />
          {error && <Failure error={error} />}
          <div className={styles.buttons}>
            <Button variant="default" onClick={close}>
              Close
            </Button>
            <Button type="submit" loading={fetching} disabled={name.trim() === ''}>
              Create token
            </Button>
          </div>
        </form>
      )}
    </Dialog>
  );
}
