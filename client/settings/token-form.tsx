import { Button, Checkbox, TextInput } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import { readToken, writeToken } from '../api/token.ts';
import styles from './token-form.module.css';

/** Where a token is given to the page, or taken from it. Everything starts anew afterwards, with the new authority. */
export function TokenForm() {
  const [token, setToken] = useState('');
  const [kept, setKept] = useState(false);
  const present = readToken() !== null;

  function use(next: string | null): void {
    writeToken(next, kept);
    window.location.reload();
  }
  function submit(event: FormEvent): void {
    event.preventDefault();
    if (token.trim() !== '') use(token.trim());
  }

  return (
    <form className={styles.form} onSubmit={submit}>
      <p className="dim">
        {present
          ? 'This browser is signed in with a token.'
          : 'Not signed in. Ask the administrator of this server for a token.'}
      </p>
      <TextInput
        type="password"
        label="Token"
        autoComplete="off"
        value={token}
        onChange={({ currentTarget }) => setToken(currentTarget.value)}
      />
      <Checkbox
        label="Stay signed in on this computer"
        checked={kept}
        onChange={({ currentTarget }) => setKept(currentTarget.checked)}
      />
      <div className={styles.buttons}>
        {present && (
          <Button variant="default" onClick={() => use(null)}>
            Sign out
          </Button>
        )}
        <Button type="submit" disabled={token.trim() === ''}>
          Sign in
        </Button>
      </div>
    </form>
  );
}
