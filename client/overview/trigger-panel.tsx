import { Button } from '@mantine/core';
import { Suspense, useState } from 'react';
import { planDump, summarise } from '../dumps/forecast.ts';
import { useTrigger } from '../dumps/use-trigger.ts';
import { formatBytes } from '../format/bytes.ts';
import type { Machines } from '../machines/use-machines.ts';
import { MachineSelector } from '../parts.ts';
import { useGuard } from '../state/authority.ts';
import { usePage } from '../state/page.ts';
import { Icon } from '../ui/icon.tsx';
import { Panel } from '../ui/panel.tsx';
import { PauseMeter } from '../ui/pause-meter.tsx';
import styles from './overview.module.css';

// A list that filters while one types is a tenth of the dashboard's code: the screen does not wait for it.

interface Props {
  readonly machines: Machines;
  /** Off while the screen comes up: the selector is then only a place. */
  readonly complete: boolean;
}

const SelectorAwaited = () => <div className={styles.awaited}>Choose machines…</div>;

/** Choose machines, see what will happen, press. */
export function TriggerPanel({ machines: { machines = [], forecasts }, complete }: Props) {
  const [chosen, setChosen] = useState<string[]>([]);
  const { busy, run } = useTrigger();
  const { dialogs } = usePage();
  const why = useGuard()('trigger');

  const selected = chosen.filter((id) => machines.some((machine) => machine.id === id));
  const plans = selected.flatMap((id) => {
    const forecast = forecasts.get(id);
    return forecast ? [planDump(forecast, 'AUTO')] : [];
  });
  const unknown = plans.length < selected.length;
  const summary = summarise(plans);
  const ask = unknown || summary.confirm;
  const free = selected.map((id) => forecasts.get(id)?.freeBytes).find((bytes) => bytes !== undefined);

  async function dumpSelected(): Promise<void> {
    if (ask) return dialogs.plan.set({ vms: selected });
    const outcome = await run({ vms: selected, all: false, method: 'AUTO', format: 'ELF', compression: 'ZSTD' });
    if (outcome) setChosen([]);
  }

  return (
    <Panel title="Dump memory">
      <div className={styles.trigger}>
        <div className={styles.selector}>
          <Suspense fallback={<SelectorAwaited />}>
            {complete ? (
              <MachineSelector machines={machines} chosen={selected} choose={setChosen} />
            ) : (
              <SelectorAwaited />
            )}
          </Suspense>
        </div>
        <Button
          onClick={dumpSelected}
          loading={busy}
          disabled={selected.length === 0 || why !== null}
          title={why ?? undefined}
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
          <span className="dim">What a dump would do to the machines you choose is said here before you press.</span>
        ) : unknown ? (
          <span className="dim">Finding out what is possible…</span>
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
