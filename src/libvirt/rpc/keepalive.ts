import { LibvirtError, protocolError } from '../error.ts';
import { messageStatus, messageType } from '../protocol/header.ts';
import { encodeHead } from '../protocol/message.ts';
import { programs } from '../protocol/programs.ts';
import type { Frame } from './frame-reader.ts';

/** src/rpc/virkeepaliveprotocol.x: both have no body and serial 0, and neither is answered like a call. */
const procedure = { ping: 1, pong: 2 } as const;

export interface KeepaliveOptions {
  /** How long the peer may say nothing before it is asked; 0 never asks. */
  readonly intervalMs: number;
  /** How many times it is asked before it counts as dead. */
  readonly count: number;
  readonly send: (message: Buffer) => void;
  /** The peer answered none of them. */
  readonly onSilent: (error: LibvirtError) => void;
}

/**
 * Keepalive of one connection, as libvirt has it (src/rpc/virkeepalive.c): whoever heard nothing for an interval sends a
 * PING, any message counts as life, and a PING is answered at once. So a daemon that hangs is found out within
 * `intervalMs × (count + 1)` though its socket stays open.
 */
export class Keepalive {
  readonly #options: KeepaliveOptions;
  #timer: NodeJS.Timeout | undefined;
  #unanswered = 0;
  #heard = true;
  #paused = false;

  constructor(options: KeepaliveOptions) {
    this.#options = options;
  }

  start(): void {
    if (this.#timer !== undefined || this.#options.intervalMs <= 0) return;
    this.#timer = setInterval(() => this.#tick(), this.#options.intervalMs);
    this.#timer.unref();
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** Something arrived, whatever it is. */
  heard(): void {
    this.#heard = true;
  }

  /**
   * Our side stops reading (its consumer is slow), so silence says nothing about the peer until `resume`. PINGs still go
   * out: the peer, whose own PINGs lie unread, takes them as a sign of life and does not cut us off.
   */
  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    this.#heard = true;
  }

  receive(frame: Frame): void {
    if (frame.body.length > 0) throw protocolError('a keepalive message with a body');
    if (frame.header.procedure === procedure.ping) this.#send(procedure.pong);
    else if (frame.header.procedure !== procedure.pong)
      throw protocolError(`procedure ${frame.header.procedure} of keepalive`);
  }

  #tick(): void {
    if (this.#heard) {
      this.#heard = false;
      this.#unanswered = 0;
      return;
    }
    if (!this.#paused && this.#unanswered >= this.#options.count) {
      const seconds = (this.#options.intervalMs * (this.#options.count + 1)) / 1000;
      this.#options.onSilent(new LibvirtError('DAEMON_SILENT', `the daemon gave no sign of life for ${seconds} s`));
      return;
    }
    this.#unanswered = this.#paused ? 0 : this.#unanswered + 1;
    this.#send(procedure.ping);
  }

  #send(number: number): void {
    const header = {
      program: programs.keepalive,
      procedure: number,
      type: messageType.message,
      serial: 0,
      status: messageStatus.ok,
    };
    this.#options.send(encodeHead(header, 0));
  }
}

/** A message of keepalive, wherever it is met. */
export function isKeepalive(frame: Frame): boolean {
  return frame.header.program === programs.keepalive && frame.header.type === messageType.message;
}
