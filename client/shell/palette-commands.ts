import type { IconName } from '../ui/icon.tsx';

export interface PaletteCommand {
  readonly id: string;
  readonly label: string;
  readonly icon: IconName;
  readonly run: () => void;
}

/** As many as are looked through. */
const shown = 50;

/** Commands that have every word of the text somewhere; first those whose words begin with the first of them. */
export function findCommands<T extends Pick<PaletteCommand, 'label'>>(
  commands: readonly T[],
  text: string,
): readonly T[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const found = commands.filter(({ label }) => words.every((word) => label.toLowerCase().includes(word)));
  const [first] = words;
  if (first === undefined) return found.slice(0, shown);
  const begins = ({ label }: T) =>
    label
      .toLowerCase()
      .split(/\s+/)
      .some((word) => word.startsWith(first))
      ? 0
      : 1;
  return found.sort((a, b) => begins(a) - begins(b)).slice(0, shown);
}
