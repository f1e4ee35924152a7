import { Button } from '@mantine/core';
import { useState } from 'react';
import { useMutation } from 'urql';
import { DeleteDumpDocument, VerifyDumpDocument } from '../../api/generated/graphql.ts';
import { formatBytes } from '../../format/bytes.ts';
import { plainText } from '../../format/plain-text.ts';
import { useDownload } from '../../records/use-download.ts';
import { HoldDialog } from '../../retention/hold-dialog.tsx';
import { useGuard } from '../../state/authority.ts';
import { useComplaint } from '../../state/complain.ts';
import { usePage } from '../../state/page.ts';
import { Icon } from '../../ui/icon.tsx';
import { useRetry } from '../use-retry.ts';
import styles from './details.module.css';
import type { Dump, DumpRecord } from './details.tsx';
import { Verification } from './verification.tsx';

interface Props {
  readonly dump: Dump | null;
  readonly record: DumpRecord | null;
}

/** What can be done with a finished dump, as far as its file is still there. */
export function DetailsActions({ dump, record }: Props) {
  const [verified, verify] = useMutation(VerifyDumpDocument);
  const [, remove] = useMutation(DeleteDumpDocument);
  const retry = useRetry();
  const download = useDownload();
  const { dialogs, freshness, toasts } = usePage();
  const guard = useGuard();
  const complain = useComplaint();
  const [isHolding, setHolding] = useState(false);
  const over = dump?.state === 'FAILED' || dump?.state === 'CANCELLED';
  if (dump && over) {
    const off = guard('trigger');
    return (
      <div className={styles.actions}>
        <Button
          variant="default"
          leftSection={<Icon name="reset" />}
          onClick={() => void retry.run(dump)}
          loading={retry.busy}
          disabled={off !== null}
          title={off ?? 'Requests the same dump once more'}
        >
          Retry
        </Button>
      </div>
    );
  }
  // A record of another server: its file is not within reach of this one.
  if (!record || !dump) return null;
  const { id, dom, gzipSizeBytes } = record;
  const there = record.state !== 'DELETED';
  const blocked = (action: 'verify' | 'download' | 'hold' | 'delete'): string | null =>
    guard(action) ??
    (there ? null : 'The file was deleted.') ??
    (action === 'delete' && record.hold !== null ? 'It is held. Release the hold first.' : null) ??
    (action === 'download' && record.state === 'DAMAGED' ? 'Verification found that the file is damaged.' : null);

  async function startVerification(): Promise<void> {
    const { data, error } = await verify({ id });
    if (error) complain('Not verified', error);
    else if (data) freshness.mark(['active']);
  }
  function askToDelete(): void {
    dialogs.question.set({
      title: `Delete the dump of ${dom}?`,
      text: `The file of ${formatBytes(gzipSizeBytes)} is deleted permanently. The record is kept and marked deleted.`,
      action: 'Delete the file',
      run: async () => {
        const { error } = await remove({ id });
        if (error) complain('Not deleted', error);
        else toasts.show('success', `Deleted the dump of ${dom}`);
        freshness.mark(['records']);
      },
    });
  }

  return (
    <>
      {dump.verification && <Verification verification={dump.verification} name={dom} />}
      <div className={styles.actions}>
        <Button
          variant="default"
          leftSection={<Icon name="verify" />}
          onClick={startVerification}
          loading={verified.fetching}
          disabled={blocked('verify') !== null}
          title={blocked('verify') ?? 'Reads the file and compares its checksums'}
        >
          Verify
        </Button>
        <Button
          variant="default"
          leftSection={<Icon name="download" />}
          onClick={() => download.start(id, 'FILE')}
          loading={download.busy}
          disabled={blocked('download') !== null}
          title={blocked('download') ?? 'The stored file, with the recorded SHA-256'}
        >
          Download
        </Button>
        {record.compression !== 'NONE' && (
          <Button
            variant="default"
            onClick={() => download.start(id, 'IMAGE')}
            disabled={blocked('download') !== null || download.busy}
            title={
              blocked('download') ??
              `The memory image of ${formatBytes(record.rawSizeBytes)}, decompressed while it is downloaded`
            }
          >
            Download image
          </Button>
        )}
        {record.hold === null && (
          <Button
            variant="default"
            leftSection={<Icon name="hold" />}
            onClick={() => setHolding(true)}
            disabled={blocked('hold') !== null}
            title={blocked('hold') ?? 'Protects the file from deletion until an admin releases it'}
          >
            Hold…
          </Button>
        )}
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
      {isHolding && (
        <HoldDialog kind="DUMP" id={id} what={`the dump of ${plainText(dom)}`} close={() => setHolding(false)} />
      )}
    </>
  );
}
