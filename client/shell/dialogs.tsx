import { Suspense } from 'react';
import { Confirmation, Palette, PlanDialog, ShortcutList } from '../parts.ts';
import { usePage } from '../state/page.ts';
import { useStore } from '../state/store.ts';

/** The dialogs that any screen may open; none of their code is loaded before the first time. */
export function Dialogs() {
  const { dialogs } = usePage();
  const plan = useStore(dialogs.plan);
  const asked = useStore(dialogs.question);
  const palette = useStore(dialogs.palette);
  const shortcuts = useStore(dialogs.shortcuts);
  return (
    <Suspense fallback={null}>
      {plan && <PlanDialog request={plan} />}
      {asked && <Confirmation asked={asked} />}
      {palette && <Palette />}
      {shortcuts && <ShortcutList />}
    </Suspense>
  );
}
