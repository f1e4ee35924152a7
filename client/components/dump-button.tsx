import { refusal, role } from '../api/authority.ts';
import { connection } from '../api/connection.ts';
import type { ForecastFragment } from '../api/generated/graphql.ts';
import type { Machine } from '../api/use-machines.ts';
import { useTrigger } from '../api/use-trigger.ts';
import { planRequest } from '../lib/dialogs.ts';
import { planDump, summarise } from '../lib/forecast.ts';
import { useStore } from '../lib/store.ts';
import { Action } from './action.tsx';

interface Props {
  readonly machine: Machine;
  readonly forecast: ForecastFragment | undefined;
  /** Whether a dump of it is on its way. */
  readonly active: boolean;
}

/** One press where the forecast beside it says milliseconds; the plan where the guest would stand still, or nobody knows. */
export function DumpButton({ machine, forecast, active }: Props) {
  const { busy, run } = useTrigger();
  const has = useStore(role);
  const live = useStore(connection).state === 'LIVE';
  const plan = forecast && planDump(forecast, 'AUTO');
  const why =
    refusal('trigger', has) ??
    (live ? null : 'Not connected.') ??
    (active ? 'It is being dumped.' : null) ??
    (plan && plan.method === null ? plan.reason : null);
  const ask = !plan || summarise([plan]).confirm;

  function press(): void {
    if (ask) planRequest.set({ vms: [machine.id] });
    else void run({ vms: [machine.id], all: false, method: 'AUTO', format: 'ELF', compression: 'ZSTD' });
  }

  return (
    <Action label={`Dump ${machine.name}`} icon="capture" off={busy ? 'It is being ordered.' : why} press={press}>
      Dump{ask && why === null ? '…' : ''}
    </Action>
  );
}
