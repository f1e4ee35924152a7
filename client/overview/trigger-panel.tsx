import { Button } from '@mantine/core';
import { useRef, useState } from 'react';
import { planDump, summarise } from '../dumps/forecast.ts';
import { useTrigger } from '../dumps/use-trigger.ts';
import { formatBytes } from '../format/bytes.ts';
import { plainText } from '../format/plain-text.ts';
import type { Machines } from '../machines/use-machines.ts';
import { useGuard } from '../state/authority.ts';
import { usePage } from '../state/page.ts';
import { Icon } from '../ui/icon.tsx';
import { MultiSelect } from '../ui/multi-select.tsx';
import { Panel } from '../ui/panel.tsx';
import { PauseMeter } from '../ui/pause-meter.tsx';
import styles from './overview.module.css';

interface Props {
  readonly machines: Machines;
}

/** Choose machines, see what will happen, press. */
export function TriggerPanel({ machines: { machines = [], forecasts } }: Props) {
  const [chosen, setChosen] = useState<string[]>([]);
  const selector = useRef<HTMLInputElement>(null);
  const { busy, run } = useTrigger();
  const { dialogs } = usePage();
  const why = useGuard()('trigger');

  const dumpable = machines.filter(({ state }) => state !== 'SHUT_OFF' && state !== 'CRASHED');
  const selected = chosen.filter((id) => dumpable.some((machine) => machine.id === id));
  const plans = selected.flatMap((id) => {
    const forecast = forecasts.get(id);
    return forecast ? [planDump(forecast, 'AUTO')] : [];
  });
  const unknown = plans.length < selected.length;
  const summary = summarise(plans);
  const ask = unknown || summary.confirm;
  const free = selected.map((id) => forecasts.get(id)?.freeBytes).find((bytes) => bytes !== undefined);
  const tight = free != null && summary.expectedSizeBytes > free;

  async function dumpSelected(): Promise<void> {
    if (ask) return dialogs.plan.set({ vms: selected });
    const outcome = await run({ vms: selected, all: false, method: 'AUTO', format: 'ELF', compression: 'ZSTD' });
    if (!outcome) return;
    setChosen([]);
    // The button is off now: the focus goes to what one would do next.
    selector.current?.focus();
  }

  return (
    <Panel title="Dump memory">
      <div className={styles.trigger}>
        <div className={styles.selector}>
          <MultiSelect
            label="Machines to dump"
            placeholder="Select machines…"
            options={dumpable.map(({ id, name }) => ({ value: id, label: plainText(name) }))}
            chosen={selected}
            choose={(ids) => setChosen([...ids])}
            input={selector}
          />
        </div>
        <Button
          onClick={dumpSelected}
          loading={busy}
          disabled={selected.length === 0 || why !== null || tight}
          title={why ?? (tight ? 'Not enough free space' : undefined)}
          leftSection={<Icon name="capture" />}
        >
          Dump selected{ask && selected.length > 0 ? '…' : ''}
        </Button>
        <Button
          variant="default"
          onClick={() => dialogs.plan.set({ vms: 'ALL' })}
          disabled={machines.length === 0 || why !== null}
          title={why ?? undefined}
        >
          Dump all…
        </Button>
      </div>
      <p className={styles.forecast} aria-live="polite">
        {selected.length === 0 ? (
          <span className="dim">Select machines to preview the impact.</span>
        ) : unknown ? (
          <span className="dim">Checking the machines…</span>
        ) : (
          <>
            {summary.possible > 0 && (
              <>
                <PauseMeter pauseMs={summary.longestPauseMs} expected unknown="pause unknown" />
                <span>
                  {summary.possible === 1 ? 'pause' : 'longest pause'}; up to {formatBytes(summary.expectedSizeBytes)}{' '}
                  of {formatBytes(free)} free
                </span>
              </>
            )}
            {summary.impossible > 0 && (
              <span className={styles.warn}>
                {summary.impossible} of {plans.length} cannot be dumped now
              </span>
            )}
          </>
        )}
      </p>
    </Panel>
  );
}
