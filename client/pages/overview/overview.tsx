import { Button } from '@mantine/core';
import { useEffect } from 'react';
import { useMutation, useQuery, useSubscription } from 'urql';
import { connection } from '../../api/connection.ts';
import {
  ActiveDumpsDocument,
  DumpProgressDocument,
  MachinesDocument,
  RecordsDocument,
  TriggerDumpsDocument,
} from '../../api/generated/graphql.ts';
import { formatBytes, formatRate } from '../../lib/bytes.ts';
import { formatMs, formatSeconds } from '../../lib/duration.ts';
import { useStore } from '../../lib/store.ts';

/** The first page: machines, a button for each, what is running, and the newest records. */
export function Overview() {
  const { state } = useStore(connection);
  const [machines] = useQuery({ query: MachinesDocument });
  const [active, refreshActive] = useQuery({ query: ActiveDumpsDocument });
  const [records, refreshRecords] = useQuery({ query: RecordsDocument, variables: { first: 20 } });
  const [triggered, trigger] = useMutation(TriggerDumpsDocument);
  const [live] = useSubscription(
    { query: DumpProgressDocument },
    (seen: Record<string, Tick> = {}, { dumpProgress }) => ({
      ...seen,
      [dumpProgress.id]: dumpProgress,
    }),
  );
  const ticks = Object.values(live.data ?? {});
  const finished = ticks.filter((tick) => tick.final).length;

  // biome-ignore lint/correctness/useExhaustiveDependencies: a dump that ended is the reason to ask again
  useEffect(() => {
    refreshActive({ requestPolicy: 'network-only' });
    refreshRecords({ requestPolicy: 'network-only' });
  }, [finished, ticks.length]);

  return (
    <main>
      <h1>Memoir</h1>
      <p role="status">{state === 'LIVE' ? 'Live' : 'Not connected'}</p>
      {machines.error && <p role="alert">{machines.error.message}</p>}
      <h2>Machines</h2>
      <ul>
        {machines.data?.vms.map((vm) => (
          <li key={vm.id}>
            {vm.name} {vm.demo && <b>DEMO</b>} {vm.state} {formatBytes(vm.memoryBytes)}{' '}
            <Button
              size="compact-sm"
              disabled={triggered.fetching || vm.state === 'SHUT_OFF'}
              onClick={() => trigger({ input: { vms: [vm.id] } })}
              aria-label={`Dump ${vm.name}`}
            >
              Dump
            </Button>
          </li>
        ))}
      </ul>
      {triggered.data?.triggerDumps.rejected.map((rejection) => (
        <p role="alert" key={rejection.vm}>
          {rejection.vm}: {rejection.message} {rejection.hint}
        </p>
      ))}
      <h2>Running</h2>
      <ul>
        {active.data?.dumps.nodes.map((dump) => {
          const tick = live.data?.[dump.id];
          const progress = tick?.progress ?? dump.progress;
          return (
            <li key={dump.id}>
              {dump.vmName} {tick?.state ?? dump.state} {tick?.message ?? dump.message}{' '}
              <progress max={100} value={progress?.percent ?? undefined} aria-label={`Progress of ${dump.vmName}`} />{' '}
              {formatBytes(progress?.doneBytes)} of {formatBytes(progress?.totalBytes)},{' '}
              {formatRate(progress?.bytesPerSecond)}, pause {formatMs(tick?.guestPauseMs ?? dump.guestPauseMs)}
            </li>
          );
        })}
      </ul>
      <h2>Records ({records.data?.dumpRecords.totalCount ?? '–'})</h2>
      <table>
        <thead>
          <tr>
            {['VM id', 'Name', 'Time', 'Duration', 'SHA-256', 'Path', 'Size'].map((name) => (
              <th key={name}>{name}</th>
            ))}
          </tr>
        </thead>
        <tbody>
          {records.data?.dumpRecords.nodes.map((record) => (
            <tr key={record.id}>
              <td>{record.vmid}</td>
              <td>{record.dom}</td>
              <td>{new Date(record.time).toLocaleString()}</td>
              <td>{formatSeconds(record.durationSec)}</td>
              <td>{record.sha256.slice(0, 12)}…</td>
              <td>{record.dumpPath}</td>
              <td>{formatBytes(record.gzipSizeBytes)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </main>
  );
}

interface Tick {
  readonly id: string;
  readonly state: string;
  readonly message: string;
  readonly guestPauseMs: number | null;
  readonly final: boolean;
  readonly progress: {
    readonly percent: number | null;
    readonly doneBytes: number;
    readonly totalBytes: number | null;
    readonly bytesPerSecond: number | null;
  } | null;
}
