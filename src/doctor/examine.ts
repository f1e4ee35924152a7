import { findUri } from '../libvirt/find-uri.ts';
import { parseUri } from '../libvirt/transports/target.ts';
import { openUnix } from '../libvirt/transports/unix.ts';
import { fixHost } from './fix.ts';
import { examineHost } from './host-checks.ts';
import { type HostQuestions, readHostFacts } from './read-host-facts.ts';

const patienceMs = 5_000;

/** Everything about this machine that a server with these settings needs, and a way to mend what is harmless. */
export async function examineHere(
  settings: Pick<HostQuestions, 'dataDir' | 'dumpDir' | 'heapDir' | 'host' | 'port' | 'dockerSocket' | 'libvirtUri'>,
  server: Pick<HostQuestions, 'answers' | 'clockOffsetMs'>,
) {
  const { dataDir, dumpDir, heapDir, host, port, dockerSocket, libvirtUri } = settings;
  const libvirt = () => askLibvirt(libvirtUri);
  const asked = { dataDir, dumpDir, heapDir, host, port, dockerSocket, libvirtUri, ...server, libvirt };
  const findings = examineHost(await readHostFacts(asked));
  return { findings, fix: () => fixHost(findings) };
}

/** A socket that opens; what is behind a remote address is the server's to ask. */
async function askLibvirt(configured: string | null): Promise<string> {
  if (configured === null) {
    const { uri, tried } = await findUri();
    if (uri === undefined) throw new Error(tried.map((one) => `${one.uri}: ${one.reason.message}`).join('; '));
    return uri;
  }
  const target = parseUri(configured);
  if (target.transport !== 'unix')
    return `${target.host ?? configured} (over ${target.transport}, which the server asks)`;
  (await openUnix(target, { readOnly: true }, AbortSignal.timeout(patienceMs))).destroy();
  return configured;
}
