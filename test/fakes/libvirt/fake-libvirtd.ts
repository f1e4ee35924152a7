import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FakeClient } from './fake-client.ts';
import { FakeHypervisor } from './fake-hypervisor.ts';
import type { Handlers } from './handlers.ts';

export interface FakeOptions {
  readonly maxClientRequests?: number;
}

/**
 * A libvirtd on a unix socket of its own, as strict as the real one and louder: whatever a client does against the
 * protocol is in `violations`. It can be stopped and started, frozen, made to answer late or to send garbage.
 */
export class FakeLibvirtd implements AsyncDisposable {
  readonly hypervisor = new FakeHypervisor();
  readonly clients = new Set<FakeClient>();
  readonly violations: string[] = [];
  /** Replaces what the hypervisor answers, call by call. */
  overrides: Handlers = {};
  /** Connections accepted so far. */
  accepted = 0;
  /** Told of each client, before it has said anything. */
  onClient: (client: FakeClient) => void = () => undefined;
  readonly socketPath: string;
  readonly #folder: string;
  readonly #options: FakeOptions;
  #server: Server | undefined;

  private constructor(folder: string, options: FakeOptions) {
    this.#folder = folder;
    this.socketPath = join(folder, 'libvirt-sock');
    this.#options = options;
  }

  static async start(options: FakeOptions = {}): Promise<FakeLibvirtd> {
    const fake = new FakeLibvirtd(await mkdtemp(join(tmpdir(), 'fake-libvirtd-')), options);
    await fake.resume();
    return fake;
  }

  /** A URI that leads here. */
  get uri(): string {
    return `qemu:///system?socket=${this.socketPath}`;
  }

  /** The only client there is. */
  get client(): FakeClient {
    const [client, ...others] = this.clients;
    if (client === undefined || others.length > 0) throw new Error(`${this.clients.size} clients`);
    return client;
  }

  /** Listens again after `stop`. */
  async resume(): Promise<void> {
    const server = createServer((socket) => {
      this.accepted++;
      const client = new FakeClient(socket, {
        handlers: () => ({ ...this.hypervisor.handlers, ...this.overrides }),
        maxClientRequests: this.#options.maxClientRequests ?? 5,
        requireAuthList: true,
        onViolation: (what) => this.violations.push(what),
      });
      this.clients.add(client);
      socket.once('close', () => {
        this.clients.delete(client);
        this.hypervisor.forget(client);
      });
      this.onClient(client);
    });
    server.listen(this.socketPath);
    await once(server, 'listening');
    this.#server = server;
  }

  /** Ends every connection and listens no more; the socket's file is gone, as after a real stop. */
  async stop(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    for (const client of this.clients) client.socket.destroy();
    if (server === undefined) return;
    server.close();
    await once(server, 'close');
  }

  /** Answers nothing any more, and accepts: a daemon that hangs. */
  freeze(): void {
    this.onClient = (client) => {
      client.frozen = true;
    };
    for (const client of this.clients) client.frozen = true;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    await rm(this.#folder, { recursive: true, force: true });
  }
}
