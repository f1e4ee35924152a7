import { useMemo } from 'react';
import { useLocation, useSearch } from 'wouter';

/** What `read` makes of the query part of the address, and a function that replaces that part. */
export function useAddress<T>(
  read: (query: string) => T,
  write: (value: T) => string,
): readonly [value: T, change: (part: Partial<T>, options?: { readonly replace?: boolean }) => void] {
  const query = useSearch();
  const [path, navigate] = useLocation();
  const value = useMemo(() => read(query), [read, query]);
  return [value, (part, options) => navigate(`${path}${write({ ...value, ...part })}`, options)];
}
