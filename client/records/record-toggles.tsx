import { Switch } from '@mantine/core';
import { livePreference, sizePreference } from '../state/preference.ts';
import { useStore } from '../state/store.ts';

/** How the list is shown: which size, and whether it follows what happens. */
export function RecordToggles() {
  const size = useStore(sizePreference);
  const live = useStore(livePreference);
  return (
    <>
      <Switch
        size="xs"
        withThumbIndicator={false}
        label="Size on disk"
        checked={size === 'DISK'}
        onChange={({ currentTarget }) => sizePreference.set(currentTarget.checked ? 'DISK' : 'MEMORY')}
      />
      <Switch
        size="xs"
        withThumbIndicator={false}
        label="Live"
        checked={live === 'ON'}
        onChange={({ currentTarget }) => livePreference.set(currentTarget.checked ? 'ON' : 'OFF')}
      />
    </>
  );
}
