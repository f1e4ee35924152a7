import { InvalidArgumentError } from 'commander';

/** A count that an option takes. */
export function toCount(text: string): number {
  const count = Number(text);
  if (!Number.isSafeInteger(count) || count < 1) throw new InvalidArgumentError('must be a whole number, 1 or more');
  return count;
}
