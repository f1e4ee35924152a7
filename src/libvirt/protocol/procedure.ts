import type { Codec } from '../xdr/codec.ts';
import { type Fields, type StructOf, struct } from '../xdr/compound.ts';
import { programs } from './programs.ts';

/** One call of the protocol as data: where it is, what goes and what comes. */
export interface Procedure<A = unknown, R = unknown> {
  readonly program: number;
  readonly number: number;
  readonly args: Codec<A>;
  readonly reply: Codec<R>;
  /**
   * Set on calls that take as long as their work does (writing out a guest, a person who is asked): they have no time
   * limit of their own, and never take the last place at the server, so that short calls go on beside them.
   */
  readonly long?: true;
  /** Set on calls that open a stream, with the direction that the data takes as seen from here. */
  readonly stream?: 'download' | 'upload';
}

type Traits = Pick<Procedure, 'long' | 'stream'>;

/** An entry of the `remote` program. `T` keeps what the traits say in the type, so that streams are told apart by it. */
export function remote<const F extends Fields, R, const T extends Traits = object>(
  number: number,
  args: F,
  reply: Codec<R>,
  traits?: T,
): Procedure<StructOf<F>, R> & T {
  return { program: programs.remote, number, args: struct(args), reply, ...(traits as T) };
}

/** An entry of the `qemu` program. */
export function qemu<const F extends Fields, R>(number: number, args: F, reply: Codec<R>): Procedure<StructOf<F>, R> {
  return { program: programs.qemu, number, args: struct(args), reply };
}
