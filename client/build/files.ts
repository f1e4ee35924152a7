import type { Rolldown } from 'vite';

/** What only charts need, by module id: most of it is not ours. */
const charts = /\/uplot\/|\/ui\/plot\//;
/** Mantine's list of parts imports them all, so that who imports whom does not tell; these are what every screen begins with. */
const mantine = /\/@mantine\//;
const mantineFirst = /\/@mantine\/core\/esm\/(core|components\/(ActionIcon|Button|Loader|Transition|UnstyledButton))\//;
/** What fields and switches are made of. */
const fields =
  /\/components\/(Checkbox|CloseButton|FloatingIndicator|Input|InputBase|SegmentedControl|TextInput)\/(?!index)/;
/** What lies over the page: dialogs. */
const overlays = /\/ui\/dialog\.|\/react-remove-scroll|\/components\/(Modal|ModalBase|ScrollArea)\/(?!index)/;

/**
 * Into which files the build puts what several screens share. What the page cannot begin without is two files (the libraries
 * stay the same over many versions), what other screens share is another; charts, fields and what lies over the page come where they are needed. Thirty small files, as the
 * bundler would make them, would wait for each other on a slow line.
 */
export function filesFor(entry: string): Rolldown.CodeSplittingOptions {
  let first: Set<string> | undefined;
  /** What the entry imports, over however many others. */
  function firstOnes(context: Pick<Rolldown.ChunkingContext, 'getModuleInfo'>): Set<string> {
    const found = new Set([entry]);
    for (const id of found) {
      if (mantine.test(id)) continue;
      for (const imported of context.getModuleInfo(id)?.importedIds ?? []) found.add(imported);
    }
    for (const id of found) if (mantine.test(id)) found.delete(id);
    found.delete(entry);
    return found;
  }
  return {
    groups: [
      {
        name: (id, context) => {
          first ??= firstOnes(context);
          return mantineFirst.test(id) || (first.has(id) && id.includes('/node_modules/')) ? 'libraries' : null;
        },
        debugName: 'libraries',
        priority: 5,
      },
      { name: (id) => (first?.has(id) ? 'first' : null), debugName: 'first', priority: 4 },
      { name: 'charts', test: charts, priority: 3 },
      { name: 'fields', test: fields, priority: 2 },
      { name: 'overlays', test: overlays, priority: 1 },
      { name: 'shared', minShareCount: 2, priority: 0 },
    ],
  };
}
