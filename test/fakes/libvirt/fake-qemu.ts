import { once } from 'node:events';
import { createConnection, type Socket } from 'node:net';
import { GuestMemory } from './guest-memory.ts';
import { Steps } from './steps.ts';

export interface FakeQemuOptions {
  readonly version?: { readonly major: number; readonly minor: number; readonly micro: number };
  readonly memory?: GuestMemory;
  /** The folder that libvirt made for it, where its monitor's socket is. */
  readonly folder?: string;
  readonly paused?: boolean;
}

/** Whoever has the monitor: libvirt. */
export interface QemuListener {
  event(name: string, details: object | null): void;
}

/** An error in QEMU's own words: the answer is no failure for libvirt. */
export class QmpError extends Error {}

const ends: ReadonlySet<string> = new Set(['none', 'completed', 'failed', 'cancelled']);
const capability = 'background-snapshot';

/**
 * One guest's QEMU behind its monitor: what it answers, the order of its events, and a background snapshot that it really
 * writes to the socket it is told. A command that it does not know, and one that harms a real guest, is in `harm`.
 *
 * Steps: each command by its name, then `snapshot.setup`, `snapshot.connected`, `snapshot.stopped`, `snapshot.begun`,
 * `snapshot.middle` (half of the stream is written) and `snapshot.written`.
 */
export class FakeQemu {
  readonly memory: GuestMemory;
  readonly steps = new Steps();
  readonly harm: string[] = [];
  /** Commands that came so far, by name; what they set behind it. */
  readonly commands: string[] = [];
  readonly capabilities = new Map([
    ['xbzrle', false],
    ['events', true],
    [capability, false],
  ]);
  blockedReasons: string[] = [];
  running: boolean;
  /** What `query-chardev` says of the monitor's socket. */
  monitorFile: string;
  version: { readonly major: number; readonly minor: number; readonly micro: number };
  /** The socket of the snapshot under way. */
  socket: Socket | undefined;
  /** Paths that a security module keeps it from. */
  unreachable: (path: string) => boolean = () => false;
  /** A dump runs, which QEMU lets nothing else beside. */
  dumping = false;
  #listener: QemuListener | undefined;
  #migration: { status: string; error?: string } | undefined;
  #answers = 0;
  /** Stopped by a snapshot that has not let it go on yet. */
  #stopped = false;

  constructor({
    version = { major: 10, minor: 0, micro: 2 },
    memory = new GuestMemory(),
    folder,
    paused = false,
  }: FakeQemuOptions = {}) {
    this.version = version;
    this.memory = memory;
    this.running = !paused;
    this.monitorFile = folder === undefined ? 'disconnected:unix' : `unix:${folder}/monitor.sock,server=on`;
  }

  listen(listener: QemuListener): void {
    this.#listener = listener;
  }

  get migrationStatus(): string {
    return this.#migration?.status ?? 'none';
  }

  get snapshotCapability(): boolean {
    return this.capabilities.get(capability) === true;
  }

  /** One command of the monitor, as text; so is the answer. */
  async command(text: string): Promise<string> {
    const id = `libvirt-${++this.#answers}`;
    try {
      const { execute, arguments: given = {}, ...more } = JSON.parse(text);
      if (Object.keys(more).length > 0) throw new QmpError(`QMP input member '${Object.keys(more)[0]}' is unexpected`);
      this.commands.push(
        execute === 'migrate-set-capabilities' ? `${execute} ${given.capabilities[0].state}` : execute,
      );
      await this.steps.pass(execute);
      return JSON.stringify({ return: this.#answer(execute, given) ?? {}, id });
    } catch (error) {
      if (!(error instanceof QmpError)) throw error;
      return JSON.stringify({ id, error: { class: 'GenericError', desc: error.message } });
    }
  }

  /** Somebody stops or continues the guest. */
  stop(): void {
    if (!this.running) return;
    this.running = false;
    this.#listener?.event('STOP', null);
  }

  continue(): void {
    if (this.dumping) throw new QmpError('There is a dump in process, please wait.');
    if (this.running) return;
    this.running = true;
    this.#listener?.event('RESUME', null);
  }

  /** A migration that somebody else began: it runs until it is said how it ended. */
  migrateElsewhere(status = 'active'): void {
    this.#become(status);
  }

  /** The process is gone, and with it its connections. */
  kill(): void {
    this.socket?.destroy();
    this.running = false;
  }

  #answer(execute: string, given: { capabilities?: { capability: string; state: boolean }[]; uri?: string }): unknown {
    switch (execute) {
      case 'query-version':
        return { qemu: this.version, package: 'Debian' };
      case 'query-migrate':
        return {
          ...(this.blockedReasons.length > 0 ? { blocked: true, 'blocked-reasons': this.blockedReasons } : {}),
          ...(this.#migration === undefined ? {} : { status: this.#migration.status }),
          ...(this.#migration?.error === undefined ? {} : { 'error-desc': this.#migration.error }),
        };
      case 'query-migrate-capabilities':
        return [...this.capabilities].map(([name, state]) => ({ capability: name, state }));
      case 'migrate-set-capabilities':
        return this.#set(given.capabilities ?? []);
      case 'migrate':
        return this.#migrate(given.uri ?? '');
      case 'migrate_cancel':
        this.socket?.destroy();
        this.#become('cancelled');
        return {};
      case 'human-monitor-command':
        return this.memory.tree;
      case 'query-chardev':
        return [
          { label: 'charserial0', filename: 'pty:/dev/pts/1', 'frontend-open': true },
          { label: 'charmonitor', filename: this.monitorFile, 'frontend-open': true },
        ];
      default:
        this.harm.push(`the command ${execute}`);
        throw new QmpError(`The command ${execute} has not been found`);
    }
  }

  #set(wanted: { capability: string; state: boolean }[]): void {
    if (!ends.has(this.migrationStatus)) throw new QmpError("There's a migration process in progress");
    for (const { capability: name, state } of wanted) {
      if (!this.capabilities.has(name)) throw new QmpError(`Parameter 'capability' does not accept value '${name}'`);
      this.capabilities.set(name, state);
    }
  }

  #migrate(uri: string): void {
    if (!ends.has(this.migrationStatus)) throw new QmpError("There's a migration process in progress");
    const blocked = this.dumping ? 'dump-guest-memory in progress' : this.blockedReasons[0];
    if (blocked !== undefined) throw new QmpError(`disallowing migration blocker: ${blocked}`);
    if (!this.snapshotCapability) {
      this.harm.push('a plain migration, which ends with the guest stopped');
      this.stop();
    }
    const path = /^unix:(.+)$/.exec(uri)?.[1];
    if (path === undefined) throw new QmpError(`unknown migration protocol: ${uri}`);
    this.#become('setup');
    void this.#snapshot(path).catch((error: Error) => this.#failed(error.message));
  }

  async #snapshot(path: string): Promise<void> {
    await this.steps.pass('snapshot.setup');
    if (this.unreachable(path)) throw new Error(`Failed to connect to '${path}': Permission denied`);
    const socket = createConnection(path);
    this.socket = socket;
    await once(socket, 'connect').catch((error: NodeJS.ErrnoException) => {
      const why = error.code === 'ENOENT' ? 'No such file or directory' : 'Connection refused';
      throw new Error(`Failed to connect to '${path}': ${why}`);
    });
    const gone = new Promise<never>((_resolve, reject) => {
      const broken = (): void => reject(new Error('Unable to write to socket: Broken pipe'));
      socket.on('error', broken);
      socket.on('close', broken);
    });
    gone.catch(() => undefined);
    const going = <T>(work: Promise<T>): Promise<T> => Promise.race([work, gone]);
    await going(this.steps.pass('snapshot.connected'));
    this.#become('active');
    const wasRunning = this.running;
    this.#stopped = wasRunning;
    this.stop();
    await going(this.steps.pass('snapshot.stopped'));
    // Before 9.0 it is started whatever it was.
    this.#stopped = false;
    if (wasRunning || this.version.major < 9) this.continue();
    await going(this.steps.pass('snapshot.begun'));
    const stream = this.memory.stream();
    const half = Math.floor(stream.length / 2);
    const write = (bytes: Buffer): Promise<void> => new Promise((resolve) => socket.write(bytes, () => resolve()));
    await going(write(stream.subarray(0, half)));
    await going(this.steps.pass('snapshot.middle'));
    await going(write(stream.subarray(half)));
    await going(this.steps.pass('snapshot.written'));
    this.#become('completed');
    // The event comes before the end of the stream.
    socket.removeAllListeners('close');
    setImmediate(() => socket.end());
  }

  #failed(reason: string): void {
    if (this.migrationStatus === 'cancelled') return;
    const { major, minor } = this.version;
    const isConnected = this.migrationStatus === 'active';
    if (isConnected && (major < 8 || (major === 8 && minor < 1))) this.harm.push('frozen by an interrupted snapshot');
    this.#become('failed', reason);
    this.socket?.destroy();
    if (this.#stopped) this.continue();
    this.#stopped = false;
  }

  #become(status: string, error?: string): void {
    this.#migration = error === undefined ? { status } : { status, error };
    this.#listener?.event('MIGRATION', { status });
  }
}
