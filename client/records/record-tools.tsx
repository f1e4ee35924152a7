import { Button, TextInput } from '@mantine/core';
import { useEffect, useRef, useState } from 'react';
import { MachinesDocument, RecordMachinesDocument } from '../api/generated/graphql.ts';
import { useFreshQuery } from '../api/use-fresh-query.ts';
import { plainText } from '../format/plain-text.ts';
import { Choice } from '../ui/choice.tsx';
import { Icon } from '../ui/icon.tsx';
import { useNarrow } from '../ui/media.ts';
import { defaultView, isFiltered, type RecordView } from './record-view.ts';
import styles from './records.module.css';

interface Props {
  readonly view: RecordView;
  readonly change: (part: Partial<RecordView>, options?: { readonly replace?: boolean }) => void;
}

const patienceMs = 250;
const names = new Intl.Collator(undefined, { numeric: true });
const states = [
  { value: '', label: 'All states' },
  { value: 'AVAILABLE', label: 'Available' },
  { value: 'DELETED', label: 'Deleted' },
  { value: 'DAMAGED', label: 'Damaged' },
] as const;

/** Finds by text, machine, state and day; on a phone the rarer ones are folded away. */
export function RecordTools({ view, change }: Props) {
  const [open, setOpen] = useState(false);
  const narrow = useNarrow('48em');
  return (
    <search className={styles.tools}>
      <SearchField value={view.search} change={(search) => change({ search, page: 1 }, { replace: true })} />
      {narrow && (
        <Button variant="default" aria-expanded={open} onClick={() => setOpen(!open)}>
          Filters{isFiltered({ ...view, search: '' }) ? ' (on)' : ''}
        </Button>
      )}
      {(open || !narrow) && <Filters view={view} change={change} />}
    </search>
  );
}

function Filters({ view, change }: Props) {
  const { data } = useFreshQuery(MachinesDocument, {}, ['machines']);
  const recorded = useFreshQuery(RecordMachinesDocument, {}, ['records']).data?.recordedMachines.nodes ?? [];
  const present = new Map((data?.vms ?? []).map(({ id, name }) => [id, plainText(name)]));
  const machines = [
    ...[...present].map(([value, label]) => ({ value, label })),
    // Machines of other hosts, and those that are gone: their records are still there.
    ...recorded
      .filter(({ machineId }) => !present.has(machineId))
      // Another writer's machine has nothing but a name.
      .map(({ machineId, name }) => ({
        value: machineId.startsWith('dom:') ? name : machineId,
        label: `${plainText(name)} (not listed)`,
      })),
  ].sort((a, b) => names.compare(a.label, b.label));
  const known = view.vm === '' || machines.some(({ value }) => value === view.vm);
  const choices = [
    { value: '', label: 'All machines' },
    ...machines,
    ...(known ? [] : [{ value: view.vm, label: plainText(view.vm) }]),
  ];
  return (
    <>
      <Choice
        className={styles.machine}
        label="Machine"
        choices={choices}
        value={view.vm}
        change={(vm) => change({ vm, page: 1 })}
      />
      <Choice
        className={styles.state}
        label="State"
        choices={states}
        value={view.state}
        change={(state) => change({ state, page: 1 })}
      />
      <TextInput
        className={styles.day ?? ''}
        type="date"
        label="From"
        value={view.from}
        max={view.until || undefined}
        onChange={({ currentTarget }) => change({ from: currentTarget.value, page: 1 }, { replace: true })}
      />
      <TextInput
        className={styles.day ?? ''}
        type="date"
        label="Until"
        value={view.until}
        min={view.from || undefined}
        onChange={({ currentTarget }) => change({ until: currentTarget.value, page: 1 }, { replace: true })}
      />
      <Button
        variant="default"
        leftSection={<Icon name="reset" />}
        disabled={!isFiltered(view)}
        onClick={() => change({ ...defaultView, sort: view.sort, direction: view.direction, size: view.size })}
      >
        Reset
      </Button>
    </>
  );
}

/** Keeps what is typed to itself until the typing rests. */
function SearchField({ value, change }: { readonly value: string; readonly change: (value: string) => void }) {
  const [text, setText] = useState(value);
  const sent = useRef(value);
  const latest = useRef(change);
  latest.current = change;

  // The address may change by itself: back, forward, reset.
  useEffect(() => {
    if (value === sent.current) return;
    sent.current = value;
    setText(value);
  }, [value]);
  useEffect(() => {
    if (text === sent.current) return;
    const timer = setTimeout(() => {
      sent.current = text;
      latest.current(text);
    }, patienceMs);
    return () => clearTimeout(timer);
  }, [text]);

  return (
    <TextInput
      className={styles.search ?? ''}
      label="Search"
      placeholder="Name or hash"
      type="search"
      maxLength={200}
      value={text}
      onChange={({ currentTarget }) => setText(currentTarget.value)}
      leftSection={<Icon name="search" />}
    />
  );
}
