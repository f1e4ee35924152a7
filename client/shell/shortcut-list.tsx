import { usePage } from '../state/page.ts';
import { Dialog } from '../ui/dialog.tsx';
import { Facts } from '../ui/facts.tsx';
import { shortcuts } from './shortcuts.tsx';

export function ShortcutList() {
  const { dialogs } = usePage();
  return (
    <Dialog close={() => dialogs.shortcuts.set(false)} title="Keyboard shortcuts">
      <Facts facts={shortcuts.map(([keys, does]) => [keys, does])} />
    </Dialog>
  );
}
