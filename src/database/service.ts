import type { DatabaseSync } from 'node:sqlite';
import type { Json } from '../domain/json.ts';
import type { ErrorShape } from '../domain/memoir-error.ts';

/**
 * A service is the part of a store that runs on the database's thread: an object whose methods work synchronously on the
 * connection, so that a transaction is just a function. Its module exports `openService`. Arguments and results cross the
 * thread by structured clone.
 */
// biome-ignore lint/suspicious/noExplicitAny: any signature will do; `Remote` keeps each method's own types.
export type Service = { readonly [method: string]: (...args: any[]) => unknown };

export type OpenService = (connection: DatabaseSync, options: Json) => Service | Promise<Service>;

/** A service as its callers on other threads see it: the same methods, answered later. */
export type Remote<S extends Service> = {
  readonly [M in keyof S]: (...args: Parameters<S[M]>) => Promise<ReturnType<S[M]>>;
};

/** What crosses the thread boundary. */
export type ServiceRequest =
  | {
      readonly type: 'open';
      readonly id: number;
      readonly service: string;
      readonly module: string;
      readonly options: Json;
    }
  | {
      readonly type: 'call';
      readonly id: number;
      readonly service: string;
      readonly method: string;
      readonly args: unknown[];
    }
  | { readonly type: 'close'; readonly id: number };

export type ServiceReply =
  | { readonly id: number; readonly ok: true; readonly value: unknown }
  | { readonly id: number; readonly ok: false; readonly error: ErrorShape };

/** What a database thread is started with. */
export interface ThreadData {
  readonly path: string;
  readonly mode: 'write' | 'read';
  /** How long a statement waits for another process that keeps the file locked; only the database's own thread waits. */
  readonly busyTimeoutMs: number;
}
