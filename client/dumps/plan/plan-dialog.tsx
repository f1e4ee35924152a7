import { Button, TextInput } from '@mantine/core';
import { useState } from 'react';
import type { Compression, ImageFormat, MethodChoice } from '../../api/generated/graphql.ts';
import { formatBytes } from '../../format/bytes.ts';
import { type Machine, useMachines } from '../../machines/use-machines.ts';
import { useGuard } from '../../state/authority.ts';
import type { PlanRequest } from '../../state/dialogs.ts';
import { usePage } from '../../state/page.ts';
import { Action } from '../../ui/action.tsx';
import { Empty, Failure, Loading } from '../../ui/answer-states.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { Icon } from '../../ui/icon.tsx';
import { DemoMark, Name } from '../../ui/name.tsx';
import { PauseMeter } from '../../ui/pause-meter.tsx';
import { methodLabels, planDump, summarise } from '../forecast.ts';
import { type TriggerOutcome, useTrigger } from '../use-trigger.ts';
import styles from './plan-dialog.module.css';
import { PlanOptions } from './plan-options.tsx';

/** The plan: what a dump will do to each machine, before anything runs. */
export function PlanDialog({ request }: { readonly request: PlanRequest }) {
  const { dialogs } = usePage();
  const close = () => dialogs.plan.set(null);
  return (
    <Dialog close={close} size="xl" title="Dump machines" className={styles.body}>
      <Plan request={request} close={close} />
    </Dialog>
  );
}

function Plan({ request, close }: { readonly request: PlanRequest; readonly close: () => void }) {
  const { machines, forecasts, forecastError, error, refresh } = useMachines();
  const { busy, run } = useTrigger();
  const [chosen, setChosen] = useState<ReadonlySet<string> | null>(request.vms === 'ALL' ? null : new Set(request.vms));
  const [method, setMethod] = useState<MethodChoice>(request.how?.method ?? 'AUTO');
  const [format, setFormat] = useState<ImageFormat>(request.how?.format ?? 'ELF');
  const [compression, setCompression] = useState<Compression>(request.how?.compression ?? 'ZSTD');
  const [search, setSearch] = useState('');
  const [rejected, setRejected] = useState<TriggerOutcome['rejected']>([]);
  const guard = useGuard();

  if (error && !machines) return <Failure error={error} retry={refresh} />;
  if (forecastError && forecasts.size === 0) return <Failure error={forecastError} retry={refresh} />;
  if (!machines || forecasts.size === 0) return <Loading lines={5} label="Checking the machines" />;

  const plans = new Map(machines.map(({ id }) => [id, planned(id)]));
  const dumpable = machines.filter(({ id }) => plans.get(id)?.method);
  const selection = chosen ?? new Set(dumpable.map(({ id }) => id));
  const going = dumpable.filter(({ id }) => selection.has(id));
  const summary = summarise(going.flatMap(({ id }) => plans.get(id) ?? []));
  const free = [...forecasts.values()][0]?.freeBytes ?? null;
  const tight = free !== null && summary.expectedSizeBytes > free;

  const why =
    guard('trigger') ??
    (tight ? `Not enough free space: up to ${formatBytes(summary.expectedSizeBytes)} of ${formatBytes(free)}.` : null);
  const text = search.trim().toLowerCase();
  const found = machines.filter(({ name }) => name.toLowerCase().includes(text));
  const choosable = found.filter(({ id }) => plans.get(id)?.method);

  function planned(id: string) {
    const forecast = forecasts.get(id);
    return forecast ? planDump(forecast, method) : null;
  }
  function choose({ id }: Machine, on: boolean): void {
    const next = new Set(selection);
    if (on) next.add(id);
    else next.delete(id);
    setChosen(next);
  }
  function chooseFound(on: boolean): void {
    const ids = choosable.map(({ id }) => id);
    setChosen(on ? selection.union(new Set(ids)) : selection.difference(new Set(ids)));
  }
  async function trigger(): Promise<void> {
    const vms = going.map(({ id }) => id);
    const outcome = await run({ vms, all: false, method, format, compression });
    if (outcome?.rejected.length === 0) close();
    else if (outcome) setRejected(outcome.rejected);
  }

  return (
    <>
      <PlanOptions {...{ method, setMethod, format, setFormat, compression, setCompression }} />
      {machines.length > 1 && (
        <search className={styles.tools}>
          <TextInput
            type="search"
            className={styles.search ?? ''}
            aria-label="Search machines"
            placeholder="Search machines"
            value={search}
            onChange={({ currentTarget }) => setSearch(currentTarget.value)}
            leftSection={<Icon name="search" />}
          />
          <Action press={() => chooseFound(true)} off={choosable.length === 0 ? 'No machine can be dumped' : null}>
            Select all
          </Action>
          <Action press={() => chooseFound(false)} off={choosable.length === 0 ? 'No machine can be dumped' : null}>
            Select none
          </Action>
        </search>
      )}
      {machines.length === 0 ? (
        <Empty>The hypervisor lists no machines.</Empty>
      ) : found.length === 0 ? (
        <Empty>No machine matches “{search}”.</Empty>
      ) : (
        <ul className={styles.machines} aria-label="Machines">
          {found.map((machine) => {
            const plan = plans.get(machine.id);
            return (
              <li key={machine.id} data-off={plan?.method ? undefined : ''}>
                <label>
                  <input
                    type="checkbox"
                    checked={selection.has(machine.id) && Boolean(plan?.method)}
                    disabled={!plan?.method}
                    onChange={({ currentTarget }) => choose(machine, currentTarget.checked)}
                  />
                  <span>
                    <Name>{machine.name}</Name>
                    {machine.demo && <DemoMark />}
                  </span>
                </label>
                {plan?.method && (
                  <span className={styles.figures}>
                    <PauseMeter pauseMs={plan.pauseMs} expected unknown="pause unknown" />
                    <span>{methodLabels[plan.method]}</span>
                    <span>up to {formatBytes(plan.expectedSizeBytes)}</span>
                  </span>
                )}
                <span className={styles.reason}>{plan?.reason}</span>
              </li>
            );
          })}
        </ul>
      )}
      {rejected.length > 0 && (
        <ul className={styles.rejected} role="alert">
          {rejected.map((each) => (
            <li key={each.vm}>
              <strong>
                <Name>{machines.find(({ id }) => id === each.vm)?.name ?? each.vm}</Name>
              </strong>
              : {each.message} {each.hint}
            </li>
          ))}
        </ul>
      )}
      <div className={styles.foot}>
        <p className={styles.summary} data-warn={tight ? '' : undefined}>
          {going.length === 0
            ? 'No machines selected.'
            : `${going.length} ${going.length === 1 ? 'machine' : 'machines'}, up to ${formatBytes(summary.expectedSizeBytes)} of ${formatBytes(free)} free.`}
          {tight && ' Not enough free space: select fewer machines, or free some space.'}
        </p>
        <Button variant="default" onClick={close}>
          Close
        </Button>
        <Button onClick={trigger} loading={busy} disabled={going.length === 0 || why !== null} title={why ?? undefined}>
          {summary.confirm ? 'Pause and dump' : 'Dump'} {going.length > 1 ? going.length : ''}
        </Button>
      </div>
    </>
  );
}
