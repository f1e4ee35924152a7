import { TextInput, useMantineColorScheme } from '@mantine/core';
import { type KeyboardEvent, useId, useState } from 'react';
import { useLocation } from 'wouter';
import { MachinesDocument } from '../api/generated/graphql.ts';
import { useFreshQuery } from '../api/use-fresh-query.ts';
import { plainText } from '../format/plain-text.ts';
import { useGuard } from '../state/authority.ts';
import { usePage } from '../state/page.ts';
import { Dialog } from '../ui/dialog.tsx';
import { Icon } from '../ui/icon.tsx';
import styles from './palette.module.css';
import { findCommands, type PaletteCommand } from './palette-commands.ts';
import { screens } from './screens.ts';

/** Everything by its name: screens, machines, and what can be done. */
export function Palette() {
  const { dialogs } = usePage();
  const close = () => dialogs.palette.set(false);
  return (
    <Dialog close={close} title="Command palette" size="lg">
      <Commands close={close} />
    </Dialog>
  );
}

function Commands({ close }: { readonly close: () => void }) {
  const [text, setText] = useState('');
  const [at, setAt] = useState(0);
  const list = useId();
  const found = findCommands(useCommands(), text);
  const chosen = Math.min(at, found.length - 1);

  function run(command: PaletteCommand | undefined): void {
    if (!command) return;
    close();
    command.run();
  }
  function press(event: KeyboardEvent): void {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined && found.length > 0) {
      event.preventDefault();
      const next = (chosen + step + found.length) % found.length;
      setAt(next);
      document.getElementById(`${list}-${next}`)?.scrollIntoView({ block: 'nearest' });
    }
    if (event.key === 'Enter') run(found[chosen]);
  }

  return (
    <>
      <TextInput
        className={styles.field ?? ''}
        role="combobox"
        aria-label="Search commands"
        aria-expanded="true"
        aria-controls={list}
        aria-activedescendant={found.length > 0 ? `${list}-${chosen}` : undefined}
        placeholder="Type a machine, a screen or an action"
        value={text}
        onChange={({ currentTarget }) => {
          setText(currentTarget.value);
          setAt(0);
        }}
        onKeyDown={press}
        leftSection={<Icon name="search" />}
        data-autofocus
      />
      <div role="listbox" id={list} aria-label="Commands" className={styles.list}>
        {found.map((command, index) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: the field above has the keys
          // biome-ignore lint/a11y/useFocusableInteractive: the field above has the focus and names the option
          <div
            key={command.id}
            id={`${list}-${index}`}
            role="option"
            aria-selected={index === chosen}
            className={styles.option}
            onClick={() => run(command)}
          >
            <Icon name={command.icon} />
            <span>{command.label}</span>
          </div>
        ))}
      </div>
      {found.length === 0 && <p className="dim">No command matches.</p>}
    </>
  );
}

function useCommands(): readonly PaletteCommand[] {
  const { dialogs } = usePage();
  const [, navigate] = useLocation();
  const guard = useGuard();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const machines = useFreshQuery(MachinesDocument, {}, ['machines']).data?.vms ?? [];
  const mayDump = guard('trigger') === null;
  const dark = colorScheme === 'dark';
  return [
    ...screens.map(({ path, label, icon }) => ({ id: path, label: `Go to ${label}`, icon, run: () => navigate(path) })),
    ...(mayDump
      ? [
          {
            id: 'dump',
            label: 'Dump machines…',
            icon: 'capture' as const,
            run: () => dialogs.plan.set({ vms: 'ALL' as const }),
          },
        ]
      : []),
    {
      id: 'theme',
      label: dark ? 'Switch to the light theme' : 'Switch to the dark theme',
      icon: dark ? ('sun' as const) : ('moon' as const),
      run: () => setColorScheme(dark ? 'light' : 'dark'),
    },
    {
      id: 'shortcuts',
      label: 'Show keyboard shortcuts',
      icon: 'info' as const,
      run: () => dialogs.shortcuts.set(true),
    },
    ...machines.flatMap(({ id, name, state }) => [
      {
        id: `open ${id}`,
        label: `Open ${plainText(name)}`,
        icon: 'machines' as const,
        run: () => navigate(`/machines/${id}`),
      },
      ...(mayDump && state !== 'SHUT_OFF'
        ? [
            {
              id: `dump ${id}`,
              label: `Dump ${plainText(name)}…`,
              icon: 'capture' as const,
              run: () => dialogs.plan.set({ vms: [id] }),
            },
          ]
        : []),
    ]),
  ];
}
