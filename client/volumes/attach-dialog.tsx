import { useState } from 'react';
import { AttachVolumeDocument, VolumeMachinesDocument } from '../api/generated/graphql.ts';
import { useFreshQuery } from '../api/use-fresh-query.ts';
import { plainText } from '../format/plain-text.ts';
import { usePage } from '../state/page.ts';
import { Failure, Loading } from '../ui/answer-states.tsx';
import { Choice } from '../ui/choice.tsx';
import { stateLabel } from '../ui/state-badge.tsx';
import { Form } from './form.tsx';
import { useStart } from './use-volume-action.ts';
import type { Volume } from './volume-view.ts';

/** Which machine gets the volume. */
export function AttachDialog({ volume, close }: { readonly volume: Volume; readonly close: () => void }) {
  const { data, error, refresh } = useFreshQuery(VolumeMachinesDocument, {}, ['machines']);
  const { toasts } = usePage();
  const start = useStart();
  const [machine, setMachine] = useState('');
  const name = plainText(volume.name);

  async function submit(): Promise<boolean> {
    const isStarted = await start(AttachVolumeDocument, { volume: volume.id, vm: machine }, 'Not attached');
    if (isStarted) toasts.show('info', `Attaching ${name}`);
    return isStarted;
  }

  return (
    <Form title={`Attach ${name}`} action="Attach" ready={machine !== ''} submit={submit} close={close}>
      {error && !data ? (
        <Failure error={error} retry={refresh} />
      ) : !data ? (
        <Loading lines={2} label="Loading the machines" />
      ) : (
        <Choice
          label="Machine"
          value={machine}
          change={setMachine}
          choices={[
            { value: '', label: data.vms.length === 0 ? 'There are no machines' : 'Choose a machine' },
            ...data.vms.map(({ id, name: machineName, state }) => ({
              value: id,
              label: `${plainText(machineName)} (${stateLabel(state).toLowerCase()})`,
            })),
          ]}
        />
      )}
      <p className="dim">The machine sees a new disk whose serial number is that of the volume.</p>
    </Form>
  );
}
