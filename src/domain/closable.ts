/** Something that was opened. `close` may be called more than once, also while it is at work, and resolves when nothing is left open. */
export interface Closable {
  close(): Promise<void>;
}
