import { Button } from '@mantine/core';
import { useState } from 'react';
import { useMutation } from 'urql';
import { refusal, role, wasRefused } from '../../../api/authority.ts';
import { connection } from '../../../api/connection.ts';
import { DeleteDumpDocument, VerifyDumpDocument } from '../../../api/generated/graphql.ts';
import { problemOf } from '../../../api/problem.ts';
import { Icon } from '../../../components/icon.tsx';
import { formatBytes } from '../../../lib/bytes.ts';
import { question } from '../../../lib/dialogs.ts';
import { useStore } from '../../../lib/store.ts';
import { toast } from '../../../lib/toasts.ts';
import styles from './details.module.css';
import type { Dump, DumpRecord } from './details.tsx';
import { Verification } from './verification.tsx';

interface Props {
  readonly dump: Dump | null;
  readonly record: DumpRecord | null;
}

/** What can be done with a finished dump, as far as its file is still there. */
export function DetailsActions({ dump, record }: Props) {
  const [verifying, setVerifying] = useState<string | null>(null);
  const [verified, verify] = useMutation(VerifyDumpDocument);
  const [, remove] = useMutation(DeleteDumpDocument);
  const has = useStore(role);
  const live = useStore(connection).state === 'LIVE';
  // A record of another server: its file is not within reach of this one.
  if (!record || !dump) return null;
  const { id, dom, gzipSizeBytes } = record;
  const there = record.state !== 'DELETED';
  const blocked = (deed: 'verify' | 'delete'): string | null =>
    refusal(deed, has) ?? (live ? null : 'Not connected.') ?? (there ? null : 'The file was deleted.');

  async function startVerification(): Promise<void> {
    const { data, error } = await verify({ id });
    if (data) return setVerifying(data.verifyDump.id);
    if (!error) return;
    const { code, message } = problemOf(error);
    if (code === 'FORBIDDEN') wasRefused();
    toast('error', `Not verified: ${message}`);
  }
  function askToDelete(): void {
    question.set({
      title: `Delete the dump of ${dom}?`,
      text: `The file of ${formatBytes(gzipSizeBytes)} is removed for good. The record stays and says so.`,
      action: 'Delete the file',
      run: async () => {
        const { error } = await remove({ id });
        if (!error) return;
        const { code, message } = problemOf(error);
        if (code === 'FORBIDDEN') wasRefused();
        toast('error', `Not deleted: ${message}`);
      },
    });
  }

  return (
    <>
      {verifying !== null && <Verification id={verifying} name={dom} />}
      <div className={styles.actions}>
        <Button
          variant="default"
          leftSection={<Icon name="verify" />}
          onClick={startVerification}
          loading={verified.fetching}
          disabled={blocked('verify') !== null}
          title={blocked('verify') ?? 'Reads the file back and compares it with its digests'}
        >
          Verify
        </Button>
        <Button
          variant="default"
          className={styles.delete ?? ''}
          leftSection={<Icon name="trash" />}
          onClick={askToDelete}
          disabled={blocked('delete') !== null}
          title={blocked('delete') ?? undefined}
        >
          Delete…
        </Button>
      </div>
    </>
  );
}
