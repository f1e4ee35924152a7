import { LibvirtError } from '../../../src/libvirt/error.ts';
import type { MonitorCommand } from '../../../src/libvirt/monitor.ts';
import type { EventName, EventOf } from '../../../src/libvirt/protocol/events.ts';
import type { DomainRef } from '../../../src/libvirt/protocol/handles.ts';
import type { ArgsOf, ProcedureName, ReplyOf } from '../../../src/libvirt/protocol/procedures.ts';
import type { ReconnectingConnection } from '../../../src/libvirt/reconnecting-connection.ts';
import type { HypervisorLinks } from '../../../src/machines/libvirt/link/links.ts';
import { SilentGuests } from '../../../src/machines/libvirt/link/silent-guests.ts';

/** What libvirt answers, call by call; a LibvirtError that is thrown is its refusal, a promise that never settles its silence. */
export type Answers = { [N in ProcedureName]?: (args: ArgsOf<N>) => ReplyOf<N> | Promise<ReplyOf<N>> };
/** What the guests' QEMU answers to the commands of its monitor. */
export type MonitorAnswers = Record<string, (args: Record<string, unknown>) => unknown>;

/** One question: on which link, the name of the call or of the monitor's command, and what it was asked with. */
export interface Asked {
  readonly link: 'control' | 'monitor';
  readonly name: string;
  readonly args: unknown;
}

/** How long the daemon is waited for where a call says nothing else: as the real connection. */
const usualMs = 30_000;

/**
 * The links to a libvirt without sockets, for what depends on time: an answer takes no time of its own, so that a test can let hours
 * pass. What the real connection promises to its callers holds: limits, `over`, and events to whoever asked for them.
 */
export class ScriptedLinks implements HypervisorLinks {
  answers: Answers = {};
  monitorAnswers: MonitorAnswers = {};
  readonly asked: Asked[] = [];
  readonly control: ReconnectingConnection;
  readonly monitor: ReconnectingConnection;
  readonly links: { readonly control: ScriptedLink; readonly monitor: ScriptedLink };
  readonly answerMs: number;
  readonly silent = new SilentGuests();

  constructor(answerMs = 20_000) {
    this.answerMs = answerMs;
    this.links = { control: new ScriptedLink('control', this), monitor: new ScriptedLink('monitor', this) };
    this.control = this.links.control as unknown as ReconnectingConnection;
    this.monitor = this.links.monitor as unknown as ReconnectingConnection;
  }

  /** The names of all that was asked so far, in order. */
  get names(): string[] {
    return this.asked.map(({ name }) => name);
  }
}

interface ScriptedOptions {
  readonly timeoutMs?: number;
  readonly over?: () => void;
}

export class ScriptedLink {
  state: { kind: 'up' | 'down' | 'connecting' | 'closed' } = { kind: 'up' };
  unanswered = 0;
  /** Until this it is not up. */
  readiness: Promise<void> = Promise.resolve();
  readonly listeners: { name: EventName; listener: (event: never) => void; domain: DomainRef | undefined }[] = [];
  readonly #name: Asked['link'];
  readonly #script: ScriptedLinks;
  readonly #unanswered = new Set<(count: number) => void>();

  constructor(name: Asked['link'], script: ScriptedLinks) {
    this.#name = name;
    this.#script = script;
  }

  async ready({ signal }: { readonly signal: AbortSignal }): Promise<void> {
    const ended = new Promise<never>((_, reject) => {
      signal.addEventListener('abort', () => reject(new LibvirtError('ABORTED', 'waiting for libvirt')));
    });
    await Promise.race([this.readiness, ended]);
  }

  async call<N extends ProcedureName>(name: N, args: ArgsOf<N>, options: ScriptedOptions = {}): Promise<ReplyOf<N>> {
    const answer = this.#script.answers[name];
    if (answer === undefined) throw new LibvirtError('NO_SUPPORT', `${name} is not scripted`);
    return this.#ask(name, args, options, async () => answer(args));
  }

  async qemuMonitorCommand(_domain: DomainRef, command: MonitorCommand, options: ScriptedOptions): Promise<unknown> {
    const { execute, arguments: args = {} } = command;
    return this.#ask(execute, args, options, async () => {
      const answer = this.#script.monitorAnswers[execute];
      if (answer === undefined) throw new LibvirtError('MONITOR_ERROR', `${execute} is not scripted`);
      return answer(args);
    });
  }

  async #ask<T>(name: string, args: unknown, options: ScriptedOptions, answer: () => Promise<T>): Promise<T> {
    this.#script.asked.push({ link: this.#name, name, args });
    const { timeoutMs = usualMs, over } = options;
    const late = Promise.withResolvers<never>();
    const timer = setTimeout(() => late.reject(new LibvirtError('TIMEOUT', `${name}: no answer`)), timeoutMs);
    try {
      return await Promise.race([answer().finally(over), late.promise]);
    } finally {
      clearTimeout(timer);
    }
  }

  async subscribe<N extends EventName>(
    name: N,
    listener: (event: EventOf<N>) => void,
    { domain }: { readonly domain?: DomainRef } = {},
  ): Promise<{ close(): Promise<void> }> {
    const entry = { name, listener, domain };
    this.listeners.push(entry);
    return {
      close: async () => {
        this.listeners.splice(this.listeners.indexOf(entry), 1);
      },
    };
  }

  /** An event to whoever listens for it now. */
  emit<N extends EventName>(name: N, event: EventOf<N>): void {
    for (const entry of [...this.listeners])
      if (entry.name === name) (entry.listener as (event: EventOf<N>) => void)(event);
  }

  onUnanswered(listener: (count: number) => void): () => void {
    this.#unanswered.add(listener);
    return () => void this.#unanswered.delete(listener);
  }

  /** So many calls are given up and not answered. */
  lose(count: number): void {
    this.unanswered = count;
    for (const listener of this.#unanswered) listener(count);
  }

  async close(): Promise<void> {
    this.state = { kind: 'closed' };
  }
}
