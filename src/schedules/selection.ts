import { matchesPattern } from '../domain/name-pattern.ts';
import type { MachineSelection } from './schedule.ts';

/** What a selection looks at. */
export interface Candidate {
  readonly id: string;
  readonly name: string;
  readonly title: string | null;
  readonly running: boolean;
}

/** A machine that a schedule means; the problem of one that it names and that is not there. */
export interface Chosen {
  readonly id: string;
  readonly name: string;
}

/**
 * The machines that a schedule means now. One that is named comes in any case, so that its absence is told; patterns, labels and
 * `ALL` mean those that run.
 */
export function choose(selection: MachineSelection, candidates: readonly Candidate[]): readonly Chosen[] {
  switch (selection.kind) {
    case 'ALL':
      return candidates.filter(({ running }) => running);
    case 'PATTERN':
      return candidates.filter(({ running, name }) => running && matchesPattern(selection.pattern, name));
    case 'LABEL':
      return candidates.filter(({ running, title }) => running && labelsOf(title).includes(selection.label));
    case 'NAMES': {
      const found = selection.names.map(
        (name) => candidates.find(({ id }) => id === name) ?? candidates.find((one) => one.name === name),
      );
      const chosen = found.map((one, index) => one ?? missing(selection.names[index] as string));
      return [...new Map(chosen.map((one) => [one.id, one])).values()];
    }
    default:
      return selection satisfies never;
  }
}

const missing = (name: string): Chosen => ({ id: name, name });
const labelsOf = (title: string | null): readonly string[] => (title ?? '').split(/[\s,;]+/);
