import { useState } from 'react';
import { ResizeVolumeDocument } from '../api/generated/graphql.ts';
import { formatBytes } from '../format/bytes.ts';
import { plainText } from '../format/plain-text.ts';
import { usePage } from '../state/page.ts';
import { Form } from './form.tsx';
import { SizeField } from './size-field.tsx';
import { useStart } from './use-volume-action.ts';
import { fromBytes, toBytes, type Volume } from './volume-view.ts';

/** How large the volume becomes; volumes do not shrink. */
export function ResizeDialog({ volume, close }: { readonly volume: Volume; readonly close: () => void }) {
  const { toasts } = usePage();
  const start = useStart();
  const [size, setSize] = useState(() => fromBytes(volume.sizeBytes));
  const name = plainText(volume.name);

  async function submit(): Promise<boolean> {
    const variables = { volume: volume.id, sizeBytes: toBytes(size) };
    const isStarted = await start(ResizeVolumeDocument, variables, 'Not resized');
    if (isStarted) toasts.show('info', `Resizing ${name}`);
    return isStarted;
  }

  return (
    <Form
      title={`Resize ${name}`}
      action="Resize"
      ready={toBytes(size) > volume.sizeBytes}
      submit={submit}
      close={close}
    >
      <SizeField label="New size" size={size} change={setSize} />
      <p className="dim">
        It has {formatBytes(volume.sizeBytes)} now. Volumes do not shrink; file systems on it have to be grown
        separately.
      </p>
    </Form>
  );
}
