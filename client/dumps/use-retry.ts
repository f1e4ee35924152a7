import { useClient } from 'urql';
import { type DumpFieldsFragment, MachineForecastDocument } from '../api/generated/graphql.ts';
import { usePage } from '../state/page.ts';
import { planDump, summarise } from './forecast.ts';
import { useTrigger } from './use-trigger.ts';

export type Retryable = Pick<DumpFieldsFragment, 'id' | 'machineId' | 'methodChoice' | 'format' | 'compression'>;

export interface Retry {
  readonly busy: boolean;
  /** True when a new dump was accepted; false when it was refused, or the plan was opened to ask first. */
  run(dump: Retryable): Promise<boolean>;
}

/** Dumps a machine once more, the way requested explicitly before; asks first where the guest would stand still by now. */
export function useRetry(): Retry {
  const client = useClient();
  const { dialogs, dismissed } = usePage();
  const trigger = useTrigger();
  return {
    busy: trigger.busy,
    async run({ id, machineId, methodChoice: method, format, compression }) {
      const how = { method, format, compression };
      const { data } = await client.query(
        MachineForecastDocument,
        { vm: machineId },
        { requestPolicy: 'network-only' },
      );
      const plan = data && planDump(data.captureOptions, method);
      if (!plan || summarise([plan]).confirm) {
        dialogs.plan.set({ vms: [machineId], how });
        return false;
      }
      const outcome = await trigger.run({ vms: [machineId], all: false, ...how });
      const accepted = (outcome?.accepted.length ?? 0) > 0;
      if (accepted) dismissed.add([id]);
      return accepted;
    },
  };
}
