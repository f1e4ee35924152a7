import { Button, Checkbox, NumberInput } from '@mantine/core';
import { useState } from 'react';
import { useMutation } from 'urql';
import { CaptureHeapDocument, HeapOptionsDocument } from '../api/generated/graphql.ts';
import { useFreshQuery } from '../api/use-fresh-query.ts';
import { formatBytes } from '../format/bytes.ts';
import { formatSeconds } from '../format/duration.ts';
import { plainText } from '../format/plain-text.ts';
import { useComplaint } from '../state/complain.ts';
import { usePage } from '../state/page.ts';
import { Failure, Loading, Warnings } from '../ui/answer-states.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { Facts } from '../ui/facts.tsx';
import styles from './heaps.module.css';
import type { HeapTarget } from './targets-panel.tsx';

interface Props {
  readonly target: HeapTarget;
  readonly close: () => void;
}

/** What a capture costs the process, before it is taken; then once, or before and after a wait. */
export function CaptureDialog({ target, close }: Props) {
  const { data, error, refresh } = useFreshQuery(HeapOptionsDocument, { target: target.id }, ['access']);
  const [{ fetching }, mutate] = useMutation(CaptureHeapDocument);
  const { toasts, freshness } = usePage();
  const complain = useComplaint();
  const [minutes, setMinutes] = useState(3);
  const [force, setForce] = useState(false);
  const options = data?.heapOptions;
  const off = fetching || !options || !(options.enough || force);

  async function start(waitsSec: number[]): Promise<void> {
    const answer = await mutate({ input: { target: target.id, waitsSec, force } });
    if (answer.error) return complain('Not captured', answer.error);
    toasts.show('info', waitsSec.length === 0 ? 'Capturing the heap' : 'Capturing the heap twice');
    freshness.mark(['operations', 'active']);
    close();
  }

  return (
    <Dialog close={close} size="lg" title={`Capture the heap of ${plainText(target.name)}`} className={styles.dialog}>
      {error && !options ? (
        <Failure error={error} retry={refresh} />
      ) : !options ? (
        <Loading lines={5} label="Asking the process" />
      ) : (
        <>
          <Facts
            facts={[
              ['Heap in use', formatBytes(options.memory.usedHeapBytes)],
              ['Outside of the heap', formatBytes(options.memory.externalBytes)],
              ['Whole process', formatBytes(options.memory.rssBytes)],
              ['Expected stall', formatSeconds(options.expectedStallMs / 1000)],
            ]}
          />
          <Warnings warnings={options.warnings} />
          {!options.enough && (
            <Checkbox
              checked={force}
              onChange={(event) => setForce(event.currentTarget.checked)}
              label="Capture it all the same: the process may be lost"
            />
          )}
          <NumberInput
            label="Minutes between the two snapshots of a pair"
            min={0.1}
            max={1440}
            step={1}
            value={minutes}
            onChange={(value) => setMinutes(Number(value) || 0.1)}
          />
          <div className={styles.buttons}>
            <Button variant="default" disabled={off} onClick={() => void start([])}>
              Capture once
            </Button>
            <Button disabled={off} onClick={() => void start([minutes * 60])}>
              Capture a pair
            </Button>
          </div>
        </>
      )}
    </Dialog>
  );
}
