import type { ArgsOf, ProcedureName, ReplyOf } from '../../../src/libvirt/protocol/procedures.ts';
import type { FakeClient } from './fake-client.ts';

/** What the fake answers to a call; throwing a FakeFailure answers with libvirt's error. */
export type Handler<N extends ProcedureName> = (
  args: ArgsOf<N>,
  client: FakeClient,
) => ReplyOf<N> | Promise<ReplyOf<N>>;

export type Handlers = { readonly [N in ProcedureName]?: Handler<N> };

/** An error as libvirtd reports it. */
export class FakeFailure extends Error {
  readonly number: number;
  readonly domain: number;
  readonly int1: number;

  constructor(number: number, text: string, { domain = 10, int1 = 0 } = {}) {
    super(text);
    this.number = number;
    this.domain = domain;
    this.int1 = int1;
  }
}

/** Refuses flags that the real call does not know, as virCheckFlags does, and those that mean something else than is meant. */
export function onlyFlags(flags: number, allowed = 0): void {
  if (flags !== allowed) throw new FakeFailure(8, `invalid argument: unsupported flags (0x${flags.toString(16)})`);
}
