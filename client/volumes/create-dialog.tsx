import { TextInput } from '@mantine/core';
import { useState } from 'react';
import { CreateVolumeDocument } from '../api/generated/graphql.ts';
import { usePage } from '../state/page.ts';
import { Form } from './form.tsx';
import { SizeField } from './size-field.tsx';
import { useStart } from './use-volume-action.ts';
import { type TypedSize, toBytes } from './volume-view.ts';
import styles from './volumes.module.css';

const placements: Record<string, { readonly zone: string; readonly offering: string }> = {
  cloudstack: { zone: 'Zone', offering: 'Disk offering' },
  libvirt: { zone: 'Storage pool', offering: 'Format: raw or qcow2' },
};
const otherwise = { zone: 'Pool or zone', offering: 'Format or disk offering' };

/** A new volume: its name and size, and where it is kept if not in the usual place. */
export function CreateDialog({ provider, close }: { readonly provider: string; readonly close: () => void }) {
  const { toasts } = usePage();
  const start = useStart();
  const [name, setName] = useState('');
  const [size, setSize] = useState<TypedSize>({ amount: 10, unit: 'GiB' });
  const [zone, setZone] = useState('');
  const [offering, setOffering] = useState('');
  const words = placements[provider] ?? otherwise;

  async function submit(): Promise<boolean> {
    const input = {
      name: name.trim(),
      sizeBytes: toBytes(size),
      zone: zone.trim() || null,
      offering: offering.trim() || null,
    };
    const isStarted = await start(CreateVolumeDocument, { input }, 'Not created');
    if (isStarted) toasts.show('info', `Creating ${input.name}`);
    return isStarted;
  }

  return (
    <Form
      title="New volume"
      action="Create volume"
      ready={name.trim() !== '' && toBytes(size) > 0}
      submit={submit}
      close={close}
    >
      {provider === 'demo' && <p className={styles.demo}>Demo: the volume and its device are simulated.</p>}
      <TextInput
        label="Name"
        description="Letters, digits and . _ -, beginning with a letter or digit"
        value={name}
        onChange={({ currentTarget }) => setName(currentTarget.value)}
        maxLength={64}
        required
        data-autofocus
      />
      <SizeField label="Size" size={size} change={setSize} />
      <TextInput
        label={words.zone}
        placeholder="The server’s default"
        value={zone}
        onChange={({ currentTarget }) => setZone(currentTarget.value)}
        maxLength={512}
      />
      <TextInput
        label={words.offering}
        placeholder="The server’s default"
        value={offering}
        onChange={({ currentTarget }) => setOffering(currentTarget.value)}
        maxLength={512}
      />
    </Form>
  );
}
