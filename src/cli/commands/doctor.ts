import { errorCatalogue } from '../../domain/error-catalogue.ts';
import { MemoirError } from '../../domain/memoir-error.ts';
import { type Console, print } from '../console.ts';
import { exitCodes } from '../exit-codes.ts';
import { CliDoctorDocument, CliForecastsDocument } from '../generated/graphql.ts';
import { bytes, plain } from '../text.ts';

interface Finding {
  readonly about: string;
  readonly state: 'ok' | 'look' | 'broken';
  readonly finding: string;
  readonly mend: string | null;
}

/** Asks the server about everything that it depends on, and says how to mend what is not right. */
export async function examine(console: Console) {
  const { session, service } = await console.client.ask(CliDoctorDocument, {});
  const { hypervisor, storage } = service;
  const isUp = hypervisor.state === 'UP';
  const findings: Finding[] = [
    { about: 'server', state: 'ok', finding: `Memoir ${service.version} on ${service.host}`, mend: null },
    {
      about: 'access',
      state: session.tokenRequired ? 'ok' : 'look',
      finding: session.tokenRequired
        ? `a token is needed; yours is ${session.name} (${session.role})`
        : 'everybody who reaches this server is its owner',
      mend: session.tokenRequired
        ? null
        : 'Fine on the loopback of a machine of your own. Otherwise: memoir token create NAME --role admin',
    },
    {
      about: 'hypervisor',
      state: !isUp ? 'broken' : hypervisor.kind === 'DEMO' ? 'look' : 'ok',
      finding: isUp
        ? `${hypervisor.uri} ${hypervisor.version ?? ''}${hypervisor.kind === 'DEMO' ? ': simulated machines' : ''}`
        : (hypervisor.reason ?? `${hypervisor.uri} does not answer`),
      mend: isUp
        ? hypervisor.kind === 'DEMO'
          ? 'Set LIBVIRT_URI to use real ones.'
          : null
        : (hypervisor.mend ?? null),
    },
    {
      about: 'storage',
      state: storage.freeBytes == null ? 'broken' : storage.warning == null ? 'ok' : 'look',
      finding:
        storage.warning ??
        `${bytes(storage.freeBytes ?? 0)} of ${bytes(storage.totalBytes ?? 0)} are free in ${storage.location}`,
      mend: storage.warning == null ? null : 'Delete old dumps, or point DUMP_DIR at a larger file system.',
    },
    ...(isUp ? await examineMachines(console) : []),
  ];
  print(console, findings, () => findings.map(line).join('\n'));
  return findings.some(({ state }) => state === 'broken') ? exitCodes.failed : exitCodes.done;
}

async function examineMachines({ client }: Console): Promise<Finding[]> {
  try {
    const { vms } = await client.ask(CliForecastsDocument, {});
    return vms.map(
      ({ name, captureOptions: { automatic, automaticReason, blockers, enoughSpace, expectedSizeBytes } }) => {
        const about = `machine ${name}`;
        const obstacles = blockers.map(({ method, reason }) => `${method}: ${reason}`).join(' ');
        const frozen = blockers.find(({ code }) => code === 'GUEST_FROZEN');
        if (frozen !== undefined)
          return { about, state: 'broken', finding: frozen.reason, mend: errorCatalogue.GUEST_FROZEN.mend };
        if (automatic == null) return { about, state: 'broken', finding: automaticReason, mend: obstacles || null };
        const finding = `${automatic}: ${automaticReason}`;
        if (!enoughSpace)
          return { about, state: 'broken', finding, mend: `There is no room for up to ${bytes(expectedSizeBytes)}.` };
        return { about, state: blockers.length > 0 ? 'look' : 'ok', finding, mend: obstacles || null };
      },
    );
  } catch (error) {
    if (!(error instanceof MemoirError)) throw error;
    return [{ about: 'machines', state: 'broken', finding: error.message, mend: error.hint }];
  }
}

function line({ about, state, finding, mend }: Finding): string {
  const mark = { ok: 'ok    ', look: 'look  ', broken: 'BROKEN' }[state];
  return `${mark}  ${plain(about)}: ${plain(finding)}${mend === null ? '' : `\n        ${plain(mend)}`}`;
}
