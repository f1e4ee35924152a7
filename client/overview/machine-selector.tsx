import { MultiSelect } from '@mantine/core';
import { plainText } from '../format/plain-text.ts';
import type { Machine } from '../machines/use-machines.ts';

interface Props {
  readonly machines: readonly Machine[];
  /** Ids. */
  readonly chosen: string[];
  readonly choose: (ids: string[]) => void;
}

/** Some of the machines, found by typing a part of their names. */
export function MachineSelector({ machines, chosen, choose }: Props) {
  return (
    <MultiSelect
      aria-label="Machines to dump"
      placeholder={chosen.length === 0 ? 'Choose machines…' : ''}
      data={machines.map(({ id, name }) => ({ value: id, label: plainText(name) }))}
      value={chosen}
      onChange={choose}
      searchable
      clearable
      hidePickedOptions
      limit={100}
      nothingFoundMessage="No machine of that name"
      clearButtonProps={{ 'aria-label': 'Clear the choice' }}
      comboboxProps={{ transitionProps: { duration: 0 } }}
    />
  );
}
