import { Input } from '@mantine/core';
import { useId } from 'react';
import { Icon } from './icon.tsx';

interface Props<T extends string> {
  readonly label: string;
  readonly choices: readonly { readonly value: T; readonly label: string }[];
  readonly value: T;
  readonly change: (value: T) => void;
  readonly className?: string | undefined;
}

/** One of a few: the browser's own list, which every keyboard, reader and phone knows. */
export function Choice<T extends string>({ label, choices, value, change, className = '' }: Props<T>) {
  const id = useId();
  return (
    <Input.Wrapper id={id} label={label} className={className}>
      <Input
        id={id}
        component="select"
        pointer
        rightSection={<Icon name="down" />}
        rightSectionPointerEvents="none"
        value={value}
        onChange={({ currentTarget }) => change(currentTarget.value as T)}
      >
        {choices.map((choice) => (
          <option key={choice.value} value={choice.value}>
            {choice.label}
          </option>
        ))}
      </Input>
    </Input.Wrapper>
  );
}
