import { ActionIcon, useMantineColorScheme } from '@mantine/core';
import { Icon } from '../ui/icon.tsx';

const next = { light: 'dark', dark: 'auto', auto: 'light' } as const;
const words = { light: 'light', dark: 'dark', auto: 'system' } as const;
const icons = { light: 'sun', dark: 'moon', auto: 'system' } as const;

/** Light, dark, or what the system says, in turn. */
export function SchemeToggle() {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const label = `Theme: ${words[colorScheme]}. Switch to ${words[next[colorScheme]]}.`;
  return (
    <ActionIcon
      variant="subtle"
      color="gray"
      size="lg"
      aria-label={label}
      title={label}
      onClick={() => setColorScheme(next[colorScheme])}
    >
      <Icon name={icons[colorScheme]} size={18} />
    </ActionIcon>
  );
}
