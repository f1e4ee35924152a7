import { Switch } from '@mantine/core';
import { usePage } from '../state/page.ts';
import { useStore } from '../state/store.ts';

/** How the list is shown: which size, and whether it follows what happens. */
export function RecordToggles() {
  const { preferences } = usePage();
  const size = useStore(preferences.size);
  const live = useStore(preferences.live);
  return (
    <>
      <Switch
        size="xs"
        withThumbIndicator={false}
        label="Size on disk"
        checked={size === 'DISK'}
        onChange={({ currentTarget }) => preferences.size.set(currentTarget.checked ? 'DISK' : 'MEMORY')}
      />
      <Switch
        size="xs"
        withThumbIndicator={false}
        label="Live"
        checked={live === 'ON'}
        onChange={({ currentTarget }) => preferences.live.set(currentTarget.checked ? 'ON' : 'OFF')}
      />
    </>
  );
}
