import { errorCatalogue } from '../../domain/error-catalogue.ts';
import { MemoirError } from '../../domain/memoir-error.ts';
import { isOwnHost } from '../../domain/own-host.ts';
import { Unreachable } from '../client.ts';
import { type Console, print } from '../console.ts';
import { exitCodes } from '../exit-codes.ts';
import { CliDoctorDocument, type CliDoctorQuery, CliForecastsDocument } from '../generated/graphql.ts';
import { bytes, plain } from '../text.ts';

interface Finding {
  readonly about: string;
  readonly state: 'ok' | 'look' | 'broken';
  readonly finding: string;
  readonly consequence?: string | null;
  readonly mend: string | null;
}

/** Looks at the machine that this command runs on; the process brings it. */
export interface HostDoctor {
  examine(server: {
    readonly answers: boolean;
    readonly clockOffsetMs: number | null;
  }): Promise<{ readonly findings: readonly Finding[]; fix(): Promise<readonly string[]> }>;
}

export interface DoctorOptions {
  readonly fix?: boolean;
}

/**
 * Asks the server about everything that it depends on, and this machine about what a server needs of it, and says how to mend what is
 * not right. This machine is left out where the server is another; a server that does not answer is a finding, not the end.
 */
export async function examine(console: Console, url: string, doctor: HostDoctor, { fix = false }: DoctorOptions) {
  const server = await examineServer(console);
  const answers = !server.some(({ about, state }) => about === 'server' && state === 'broken');
  const isHere = isOwnHost(new URL(url).hostname);
  const clockOffsetMs = answers ? await measureClock(url) : null;
  const looked = isHere ? await doctor.examine({ answers, clockOffsetMs }) : null;
  const fixed = fix && looked !== null ? await looked.fix() : [];
  for (const sentence of fixed) console.tell(`${plain(sentence)}\n`);
  const host = fixed.length === 0 ? looked : await doctor.examine({ answers, clockOffsetMs });
  const findings = [...server, ...(host?.findings ?? [])];
  const shown = findings.map(({ about, state, finding, consequence = null, mend }) => ({
    about,
    state,
    finding,
    consequence,
    mend,
  }));
  print(console, shown, () => findings.map(line).join('\n'));
  return findings.some(({ state }) => state === 'broken') ? exitCodes.failed : exitCodes.done;
}

/** How far this clock is ahead of the server's, to the second; null where it does not say. */
async function measureClock(url: string): Promise<number | null> {
  try {
    const answer = await fetch(new URL('/health', url), { signal: AbortSignal.timeout(5_000) });
    await answer.body?.cancel();
    const at = Date.parse(answer.headers.get('date') ?? '');
    return Number.isNaN(at) ? null : Date.now() - at;
  } catch {
    return null;
  }
}

async function examineServer(console: Console): Promise<Finding[]> {
  try {
    return await askServer(console);
  } catch (error) {
    if (error instanceof Unreachable)
      return [
        {
          about: 'server',
          state: 'broken',
          finding: error.message,
          consequence: 'Nothing is captured, and nothing can be asked.',
          mend: 'Start it: systemctl start memoir, or memoir serve. --url or MEMOIR_URL says where it is.',
        },
      ];
    if (!(error instanceof MemoirError)) throw error;
    const isToken = error.code === 'UNAUTHENTICATED' || error.code === 'FORBIDDEN';
    return [
      {
        about: isToken ? 'access' : 'server',
        state: 'broken',
        finding: error.message,
        consequence: isToken ? 'This command line gets no answers from it.' : 'It gives no answers.',
        mend: isToken
          ? 'memoir login URL with another token; if none works, on its machine: memoir token create NAME --role admin --local'
          : error.hint,
      },
    ];
  }
}

async function askServer(console: Console): Promise<Finding[]> {
  const { session, service } = await console.client.ask(CliDoctorDocument, {});
  const { hypervisor, storage } = service;
  const isUp = hypervisor.state === 'UP' || hypervisor.state === 'DEGRADED';
  return [
    { about: 'server', state: 'ok', finding: `Memoir ${service.version} on ${service.host}`, mend: null },
    {
      about: 'access',
      state: session.tokenRequired ? 'ok' : 'look',
      finding: session.tokenRequired
        ? `a token is needed; yours is ${session.name} (${session.role})`
        : 'no token is required: everyone who reaches this server is an admin',
      mend: session.tokenRequired
        ? null
        : 'Acceptable on loopback of your own machine. Otherwise run: memoir token create NAME --role admin',
    },
    {
      about: 'hypervisor',
      state: !isUp ? 'broken' : hypervisor.kind === 'DEMO' || hypervisor.state === 'DEGRADED' ? 'look' : 'ok',
      finding:
        hypervisor.state === 'UP'
          ? `${hypervisor.uri} ${hypervisor.version ?? ''}${hypervisor.kind === 'DEMO' ? ': simulated machines' : ''}`
          : (hypervisor.reason ?? `${hypervisor.uri} does not respond`),
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
    ...examineDatabase(service),
    ...examineUnwanted(service.unwantedArtifacts),
    ...(service.influx ? [examineInflux(service.influx)] : []),
    ...(isUp ? await examineMachines(console) : []),
  ];
}

function examineDatabase({ databaseDamage, reindexAdvised }: CliDoctorQuery['service']): Finding[] {
  const about = 'database';
  if (databaseDamage != null) {
    return [{ about, state: 'broken', finding: databaseDamage, mend: errorCatalogue.DATABASE_DAMAGED.mend }];
  }
  if (!reindexAdvised) return [];
  return [{ about, state: 'look', finding: 'the catalogue is empty beside artifacts', mend: 'memoir reindex' }];
}

function examineUnwanted(unwanted: CliDoctorQuery['service']['unwantedArtifacts']): Finding[] {
  if (unwanted == null || unwanted.count === 0) return [];
  const { count, sizeBytes, locations } = unwanted;
  return [
    {
      about: 'artifacts',
      state: 'look',
      finding: `${count} of ${bytes(sizeBytes)} have no record, ${plain(locations[0] ?? '')} among them`,
      mend: 'memoir reindex takes them into the catalogue; memoir artifacts remove removes them for good.',
    },
  ];
}

type Influx = NonNullable<CliDoctorQuery['service']['influx']>;

function examineInflux({
  url,
  database,
  state,
  waiting,
  waitingSince,
  dead,
  overflowed,
  lacksRecords,
  reason,
  mend,
}: Influx): Finding {
  const about = 'InfluxDB';
  const address = `${database} at ${url}`;
  if (state === 'RETRYING' || state === 'PAUSED') {
    const queue = `${waiting} lines wait since ${waitingSince ?? 'now'}`;
    const advice =
      mend ?? 'Nothing is lost: lines wait until it answers. Check that it runs and that INFLUX_URL is right.';
    return {
      about,
      state: 'broken',
      finding: `${address}: ${reason ?? 'it does not respond'}; ${queue}`,
      mend: advice,
    };
  }
  if (lacksRecords) {
    const finding = `${address} lacks records that it had accepted; they are being written again`;
    const advice = 'Until then this server’s catalogue answers. memoir records sync shows what is missing.';
    return { about, state: 'look', finding, mend: advice };
  }
  if (dead > 0) {
    const advice = 'Look at them in the settings of the dashboard, and send them again there (retryDeadLetters).';
    return { about, state: 'look', finding: `${address}: ${dead} lines were refused`, mend: advice };
  }
  if (overflowed > 0) {
    const finding = `${address}: ${overflowed} lines did not fit into the outbox`;
    return { about, state: 'look', finding, mend: 'memoir records sync' };
  }
  const finding = waiting > 0 ? `${waiting} lines are on their way` : 'everything was accepted';
  return { about, state: 'ok', finding: `${address}: ${finding}`, mend: null };
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

function line({ about, state, finding, consequence = null, mend }: Finding): string {
  const mark = { ok: 'ok    ', look: 'look  ', broken: 'BROKEN' }[state];
  const more = [consequence, mend].flatMap((text) => (text === null ? [] : [`\n        ${plain(text)}`]));
  return `${mark}  ${plain(about)}: ${plain(finding)}${more.join('')}`;
}
