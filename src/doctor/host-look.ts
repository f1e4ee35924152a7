import type { HostFinding } from './finding.ts';
import type { HostQuestions } from './read-host-facts.ts';

type Settings = Pick<
  HostQuestions,
  'dataDir' | 'dumpDir' | 'heapDir' | 'host' | 'port' | 'dockerSocket' | 'libvirtUri'
>;

/**
 * Looks at the machine for a server that runs there: the port is its own, and its clock is this one. Who asks while a look is under way
 * gets the same answer.
 */
export function createHostLook(settings: Settings): () => Promise<readonly HostFinding[]> {
  let looking: Promise<readonly HostFinding[]> | undefined;
  const look = async () => {
    // A server that nobody asks does not load it.
    const { examineHere } = await import('./examine.ts');
    return (await examineHere(settings, { answers: true, clockOffsetMs: null })).findings;
  };
  return () => {
    looking ??= look().finally(() => {
      looking = undefined;
    });
    return looking;
  };
}
