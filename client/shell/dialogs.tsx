import { Suspense } from 'react';
import { planRequest, question } from '../state/dialogs.ts';
import { useStore } from '../state/store.ts';
import { later } from '../ui/later.tsx';

const Confirmation = later(() => import('./confirmation.tsx').then((it) => it.Confirmation));
const PlanDialog = later(() => import('../dumps/plan/plan-dialog.tsx').then((it) => it.PlanDialog));

/** The dialogs that any screen may open; none of their code is loaded before the first time. */
export function Dialogs() {
  const plan = useStore(planRequest);
  const asked = useStore(question);
  return (
    <Suspense fallback={null}>
      {plan && <PlanDialog request={plan} />}
      {asked && <Confirmation asked={asked} />}
    </Suspense>
  );
}
