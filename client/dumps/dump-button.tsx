import type { ForecastFragment } from '../api/generated/graphql.ts';
import type { Machine } from '../machines/use-machines.ts';
import { useGuard } from '../state/authority.ts';
import { usePage } from '../state/page.ts';
import { Action } from '../ui/action.tsx';
import { planDump, summarise } from './forecast.ts';
import { useTrigger } from './use-trigger.ts';

interface Props {
  readonly machine: Machine;
  readonly forecast: ForecastFragment | undefined;
  /** Whether a dump of it is on its way. */
  readonly active: boolean;
}

/** One press where the forecast beside it says milliseconds; the plan where the guest would stand still, or nobody knows. */
export function DumpButton({ machine, forecast, active }: Props) {
  const { busy, run } = useTrigger();
  const { dialogs } = usePage();
  const guard = useGuard();
  const plan = forecast && planDump(forecast, 'AUTO');
  const why =
    guard('trigger') ??
    (active ? 'A dump is in progress.' : null) ??
    (plan && plan.method === null ? plan.reason : null);
  const ask = !plan || summarise([plan]).confirm;

  function press(): void {
    if (ask) dialogs.plan.set({ vms: [machine.id] });
    else void run({ vms: [machine.id], all: false, method: 'AUTO', format: 'ELF', compression: 'ZSTD' });
  }

  return (
    <Action label={`Dump ${machine.name}`} icon="capture" off={busy ? 'Requesting a dump…' : why} press={press}>
      Dump{ask && why === null ? '…' : ''}
    </Action>
  );
}
