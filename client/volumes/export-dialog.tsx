import { Checkbox } from '@mantine/core';
import { useState } from 'react';
import { ExportVolumeDocument } from '../api/generated/graphql.ts';
import { plainText } from '../format/plain-text.ts';
import { usePage } from '../state/page.ts';
import { Form } from './form.tsx';
import { useStart } from './use-volume-action.ts';
import type { Volume } from './volume-view.ts';

/** Read-only unless someone asks for more. */
export function ExportDialog({ volume, close }: { readonly volume: Volume; readonly close: () => void }) {
  const { toasts } = usePage();
  const start = useStart();
  const [writable, setWritable] = useState(false);
  const name = plainText(volume.name);

  async function submit(): Promise<boolean> {
    const isStarted = await start(ExportVolumeDocument, { volume: volume.id, writable }, 'Not exported');
    if (isStarted) toasts.show('info', `Exporting ${name}`);
    return isStarted;
  }

  return (
    <Form title={`Export ${name}`} action="Export" ready submit={submit} close={close}>
      <p>
        The volume’s bytes are served over NBD on a socket of the server’s host, after its device is verified. Clients
        such as <code>qemu-img</code> and <code>nbdcopy</code> can read it there.
      </p>
      <Checkbox
        checked={writable}
        onChange={({ currentTarget }) => setWritable(currentTarget.checked)}
        label="Clients may write"
        description="Writing while a machine uses the volume damages its file systems."
      />
    </Form>
  );
}
