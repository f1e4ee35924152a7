import type { Json } from './json.ts';

/**
 * Names an implementation that another thread is to load: the address of a module of ours, and the plain data that its
 * opening function takes. This is how the composition root's choice crosses a thread boundary: the room that runs the
 * thread knows the contract, not the implementation.
 */
export interface ModuleReference {
  /** A `file:` URL, made with `new URL('./x.ts', import.meta.url).href`; never from outside input. */
  readonly module: string;
  readonly options: Json;
}
