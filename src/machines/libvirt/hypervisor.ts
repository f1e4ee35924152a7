import { atMost } from '../../async/at-most.ts';
import { isUuid } from '../../domain/id.ts';
import { MemoirError } from '../../domain/memoir-error.ts';
import type { LinkState } from '../../libvirt/link-state.ts';
import type { Hypervisor } from '../hypervisor.ts';
import type { Machine } from '../machine.ts';
import { Captures } from './captures.ts';
import { toFailure } from './failure.ts';
import type { LibvirtHypervisorOptions } from './hypervisor-options.ts';
import { DomainRecords } from './inventory/domain-records.ts';
import { MachineWatch } from './inventory/machine-watch.ts';
import { measureDomains } from './inventory/measurement.ts';
import { hostOf, isRemote } from './link/address.ts';
import { type HypervisorFacts, readFacts, readFullVersion } from './link/hypervisor-facts.ts';
import { LinkStatus, Watchers } from './link/link-status.ts';
import { closeLinks, openLinks, watchUnanswered } from './link/links.ts';

/** How long the start waits for the first connection: a local one takes milliseconds. */
const firstConnectionMs = 1_000;

/**
 * The machines of a libvirt. Resolves when the first attempt to connect is decided, or soon after: a hypervisor that is away
 * is a state (`status`), and it is dialled until it is there.
 */
export async function createLibvirtHypervisor(options: LibvirtHypervisorOptions): Promise<Hypervisor> {
  const { uri, now = Date.now } = options;
  const links = openLinks(uri, options.connection, options.answerMs);
  const link = links.control;
  const watchers = new Watchers();
  const status = new LinkStatus(uri, now, (current) => watchers.tellStatus(current));
  const records = new DomainRecords(link, links.silent, options.connection?.callTimeoutMs);
  const watch = new MachineWatch(link, records, (change) => watchers.tellChange(change));
  let facts: HypervisorFacts | undefined;
  let fullVersion: string | undefined;
  const captures = new Captures({
    links,
    records,
    options,
    remote: isRemoteOrWrong(uri),
    driver: () => facts?.type ?? 'unknown',
  });

  const firstDecided = Promise.withResolvers<void>();
  const take = async (state: LinkState): Promise<void> => {
    status.take(state);
    if (state.kind === 'down') firstDecided.resolve();
    // One that took over missed nothing: the subscriptions went over to it.
    if (state.kind !== 'up' || state.tookOver) return;
    const isCurrent = (): boolean => link.state.kind === 'up';
    try {
      facts = await readFacts(link);
      if (!isCurrent()) return;
      status.up(fullVersion ?? facts.version);
      firstDecided.resolve();
      await watch.resume();
      await captures.recoverNoted();
      // Asked for once: where libvirt has to look at its emulators first, it answers nobody meanwhile.
      fullVersion ??= await readFullVersion(link, facts);
      if (isCurrent()) status.up(fullVersion);
    } catch {
      // Lost again while it was asked: the next connection asks anew. A driver without a version has none to show.
    }
  };
  link.onState((state) => void take(state));
  watchUnanswered(links, (count) => status.unanswered(count));
  await atMost(firstDecided.promise, firstConnectionMs);

  /** Carries out what needs an answer, and says HYPERVISOR_UNAVAILABLE where there is none. */
  async function asked<T>(what: string, ask: () => Promise<T>): Promise<T> {
    try {
      return await ask();
    } catch (error) {
      throw toFailure(error, what, 'NOT_FOUND');
    }
  }

  async function find(nameOrId: string): Promise<Machine | null> {
    if (nameOrId === '' || nameOrId.includes('\0')) return null;
    const byId = isUuid(nameOrId) ? await records.lookup(nameOrId) : null;
    const domain = byId ?? (await records.lookupName(nameOrId));
    return domain && (await records.one(domain));
  }

  return {
    kind: 'libvirt',
    get host() {
      return facts?.host ?? hostOf(uri);
    },
    status: () => status.current,
    list: () => asked('listing machines', async () => (await records.all()).sort(byNameAndId)),
    find: (nameOrId) => asked('finding a machine', () => find(nameOrId)),
    watch: (listener) => watchers.add(listener),
    measure: () => asked('measuring machines', () => measureDomains(records, now)),
    captureOptions: (machine) => asked('asking about a capture', () => captures.options(machine)),
    plan: (machine, choice, limits) => asked('planning a capture', () => captures.plan(machine, choice, limits)),
    capture: (plan, reader, signal) => captures.capture(plan, reader, signal),
    recover: () => captures.recover(),
    async close() {
      await captures.close(new MemoirError('SHUTTING_DOWN', 'the server is stopping'));
      watch.close();
      await closeLinks(links);
      watchers.clear();
    },
  };
}

/** In the order of their UTF-16 code units, as the contract has it: names first, then ids. */
function byNameAndId(a: Machine, b: Machine): number {
  const [left, right] = [`${a.name}\0${a.id}`, `${b.name}\0${b.id}`];
  return left < right ? -1 : left > right ? 1 : 0;
}

/** A URI that makes no sense is told by the status; nothing is captured through it either way. */
function isRemoteOrWrong(uri: string): boolean {
  try {
    return isRemote(uri);
  } catch {
    return true;
  }
}
