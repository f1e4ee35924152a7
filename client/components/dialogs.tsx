import { Suspense } from 'react';
import { planRequest, question } from '../lib/dialogs.ts';
import { later } from '../lib/later.tsx';
import { useStore } from '../lib/store.ts';

const Confirmation = later(() => import('./confirmation.tsx').then((it) => it.Confirmation));
const PlanDialog = later(() => import('./plan/plan-dialog.tsx').then((it) => it.PlanDialog));

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
