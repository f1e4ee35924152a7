import { Button, NumberInput } from '@mantine/core';
import { useState } from 'react';
import { useMutation } from 'urql';
import { SampleAllocationsDocument } from '../api/generated/graphql.ts';
import { plainText } from '../format/plain-text.ts';
import { useComplaint } from '../state/complain.ts';
import { Loading } from '../ui/answer-states.tsx';
import { Dialog } from '../ui/dialog.tsx';
import type { CallRow } from './flame-layout.ts';
import { FlameView } from './flame-view.tsx';
import styles from './heaps.module.css';
import type { HeapTarget } from './targets-panel.tsx';

interface Props {
  readonly target: HeapTarget;
  readonly close: () => void;
  /** Goes on to a snapshot of the same process. */
  readonly capture: () => void;
}

/** The gentle way to look at a process: which functions allocate memory that stays, without a stall. */
export function SampleDialog({ target, close, capture }: Props) {
  const [{ fetching }, mutate] = useMutation(SampleAllocationsDocument);
  const complain = useComplaint();
  const [seconds, setSeconds] = useState(10);
  const [rows, setRows] = useState<readonly CallRow[] | null>(null);

  async function sample(): Promise<void> {
    const { data, error } = await mutate({ target: target.id, seconds });
    if (error) return complain('Not sampled', error);
    setRows(data?.sampleAllocations.rows ?? []);
  }

  return (
    <Dialog close={close} size="xl" title={`Allocations of ${plainText(target.name)}`} className={styles.dialog}>
      <p className="dim">
        V8 samples which functions allocate memory that is still in use at the end. The process keeps responding, and
        nothing is stored.
      </p>
      <div className={styles.sample}>
        <NumberInput
          label="Seconds"
          min={1}
          max={50}
          value={seconds}
          onChange={(value) => setSeconds(Math.min(50, Math.max(1, Number(value) || 1)))}
        />
        <Button disabled={fetching} onClick={() => void sample()}>
          {rows === null ? 'Sample allocations' : 'Sample again'}
        </Button>
        <Button variant="default" disabled={fetching} onClick={capture}>
          Capture a snapshot instead
        </Button>
      </div>
      {fetching ? (
        <Loading lines={6} label={`Sampling for ${seconds} seconds`} />
      ) : (
        rows !== null && <FlameView rows={rows} />
      )}
    </Dialog>
  );
}
