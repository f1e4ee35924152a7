import { Suspense } from 'react';
import { Confirmation, PlanDialog } from '../parts.ts';
import { usePage } from '../state/page.ts';
import { useStore } from '../state/store.ts';

/** The dialogs that any screen may open; none of their code is loaded before the first time. */
export function Dialogs() {
  const { dialogs } = usePage();
  const plan = useStore(dialogs.plan);
  const asked = useStore(dialogs.question);
  return (
    <Suspense fallback={null}>
      {plan && <PlanDialog request={plan} />}
      {asked && <Confirmation asked={asked} />}
    </Suspense>
  );
}
