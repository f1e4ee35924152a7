import { Button, TextInput } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import { useMutation } from 'urql';
import { CreateHookDocument, type NotificationKind, type NotificationSeverity } from '../api/generated/graphql.ts';
import { usePage } from '../state/page.ts';
import { Failure } from '../ui/answer-states.tsx';
import { Choice } from '../ui/choice.tsx';
import { Dialog } from '../ui/dialog.tsx';
import styles from '../ui/form.module.css';
import { CopyButton } from '../ui/hash.tsx';
import { kindLabels, severityLabels } from './hook-words.ts';

type HookKind = keyof typeof kindLabels;
const allKinds = Object.keys(kindLabels) as HookKind[];
const severities = (['INFO', 'WARNING', 'ERROR'] as const).map((value) => ({ value, label: severityLabels[value] }));
const kindChoices = [
  { value: '', label: 'All events and alerts' },
  ...allKinds.map((value) => ({ value, label: kindLabels[value] })),
] as const;

/** Creates a webhook or mail; a webhook’s secret is shown only once. */
export function NewHook({ close, canMail }: { readonly close: () => void; readonly canMail: boolean }) {
  const { freshness } = usePage();
  const [name, setName] = useState('');
  const [target, setTarget] = useState('');
  const [kind, setKind] = useState<'' | HookKind>('');
  const [severity, setSeverity] = useState<NotificationSeverity>('WARNING');
  const [pattern, setPattern] = useState('');
  const [{ data, error, fetching }, create] = useMutation(CreateHookDocument);
  const secret = data?.createHook.secret;
  const isUrl = /^https?:/i.test(target.trim());

  async function submit(event: FormEvent): Promise<void> {
    event.preventDefault();
    const addresses = target.split(/[\s,;]+/).filter((one) => one !== '');
    const kinds: NotificationKind[] = kind === '' ? [] : [kind];
    const answer = await create({
      input: {
        name: name.trim(),
        target: isUrl ? { url: target.trim() } : { mailTo: addresses },
        kinds,
        machinePattern: pattern.trim() || null,
        minSeverity: severity,
      },
    });
    if (!answer.data) return;
    freshness.mark(['access']);
    if (answer.data.createHook.secret == null) close();
  }

  return (
    <Dialog close={close} title="New notification" closeOnClickOutside={secret == null}>
      {secret != null ? (
        <div className={styles.form}>
          <p>Requests are signed with this secret (Standard Webhooks). Copy it now: it will not be shown again.</p>
          <p className={styles.secret}>
            <code>{secret}</code>
            <CopyButton text={secret} what="secret" />
          </p>
          <div className={styles.buttons}>
            <Button variant="default" onClick={close}>
              Close
            </Button>
          </div>
        </div>
      ) : (
        <form className={styles.form} onSubmit={submit}>
          <TextInput
            label="Name"
            value={name}
            onChange={({ currentTarget }) => setName(currentTarget.value)}
            maxLength={64}
            required
            data-autofocus
          />
          <TextInput
            label={canMail ? 'Webhook URL, or mail addresses' : 'Webhook URL'}
            description={canMail ? undefined : 'For mail, set SMTP_URL on the server.'}
            placeholder="https://example.com/memoir"
            value={target}
            onChange={({ currentTarget }) => setTarget(currentTarget.value)}
            maxLength={2000}
            required
          />
          <Choice label="Events" choices={kindChoices} value={kind} change={setKind} />
          <Choice label="Severity" choices={severities} value={severity} change={setSeverity} />
          <TextInput
            label="Machines"
            description="Names, with * and ?; empty for all"
            placeholder="db-*"
            value={pattern}
            onChange={({ currentTarget }) => setPattern(currentTarget.value)}
            maxLength={200}
          />
          {error && <Failure error={error} />}
          <div className={styles.buttons}>
            <Button variant="default" onClick={close}>
              Cancel
            </Button>
            <Button type="submit" loading={fetching} disabled={name.trim() === '' || target.trim() === ''}>
              Create notification
            </Button>
          </div>
        </form>
      )}
    </Dialog>
  );
}
