import { type ComponentType, createElement, lazy, useState } from 'react';
import { whenQuiet } from './quiet.ts';

export type Later<Props> = ComponentType<Props> & {
  /** Resolves when it is there; rejects if it could not be had. */
  readonly load: () => Promise<unknown>;
};

/**
 * A component whose code comes in a file of its own: when it is first shown, or before that in a quiet moment (`loadAhead`);
 * then it is shown at once, without the moment of waiting that `lazy` takes even for what is there. Needs a `Suspense` above it.
 */
export function later<Props extends object>(load: () => Promise<ComponentType<Props>>): Later<Props> {
  let ready: ComponentType<Props> | undefined;
  const get = async () => {
    ready ??= await load();
    return { default: ready };
  };
  const Waiting = lazy(get);
  function Later(props: Props) {
    // Chosen once: another kind of component in its place would lose what it knows.
    const [Shown] = useState<ComponentType<Props>>(() => ready ?? (Waiting as unknown as ComponentType<Props>));
    return createElement(Shown, props);
  }
  return Object.assign(Later, { load: get });
}

/** Loads what was not shown yet, one after the other while the browser has nothing to do; who saves data is left alone. */
export function loadAhead([next, ...others]: readonly { readonly load: () => Promise<unknown> }[]): void {
  const { connection } = navigator as { readonly connection?: { readonly saveData?: boolean } };
  if (!next || connection?.saveData) return;
  whenQuiet(() => {
    // Not there now, or of an older build: said when it is needed.
    const settled = next.load().catch(() => {});
    void settled.then(() => loadAhead(others));
  });
}
