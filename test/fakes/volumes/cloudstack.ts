import { createHmac, randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

interface Stored {
  readonly id: string;
  readonly name: string;
  size: number;
  state: string;
  zoneid: string;
  diskofferingid: string;
  hypervisor?: string;
  virtualmachineid?: string;
  deviceid?: number;
}

interface Job {
  polls: number;
  readonly finish: () => object | Promise<object>;
}

export interface CloudLies {
  /** Answers every n-th request with 429. */
  readonly throttleEvery?: number;
  /** Jobs that are forgotten before anybody asks for them: carried out, or not. */
  readonly vanishing?: 'DONE' | 'NOT_DONE';
  /** Text with which detachments fail, leaving the volume attached. */
  readonly detachFails?: string;
  /** Texts that repeat what was sent: an answer that would leak the keys. */
  echoes?: boolean;
  readonly polls?: number;
  /** How much larger its volumes are than what was asked for. */
  readonly roundsUpBy?: number;
  /** What hypervisor it says that machines run on: only KVM gives devices a serial. */
  readonly hypervisor?: string;
  /** Makes the device of a volume that is attached, and takes it away. */
  readonly device?: { attach(id: string, sizeBytes: number): Promise<void>; detach(id: string): Promise<void> };
}

const gibibyte = 2 ** 30;
const errors = (code: number, text: string) => ({
  status: code,
  body: { errorresponse: { errorcode: code, errortext: text } },
});

/**
 * CloudStack's API as it is on the wire, strict about what it takes: signature, expiry, parameters, page size. It knows no idempotency: a
 * second createVolume of the same name makes a second volume, as the real one does.
 */
export async function startCloudstack(machines: readonly string[], lies: CloudLies = {}) {
  const apiKey = `key-${randomUUID()}`;
  const secretKey = `secret-${randomUUID()}`;
  const volumes = new Map<string, Stored>();
  const jobs = new Map<string, Job>();
  const commands: string[] = [];
  let requests = 0;

  function checkSignature(parameters: URLSearchParams): string | null {
    const given = parameters.get('signature');
    const rest = [...parameters].filter(([name]) => name !== 'signature');
    const text = rest
      .map(([name, value]) => `${name}=${encodeURIComponent(value).replaceAll('+', '%20')}`.toLowerCase())
      .sort()
      .join('&');
    const wanted = createHmac('sha1', secretKey).update(text).digest('base64');
    if (parameters.get('apiKey') !== apiKey || given !== wanted)
      return 'unable to verify user credentials and/or request signature';
    if (parameters.get('signatureVersion') !== '3') return 'signature version is missing';
    return Date.parse(`${parameters.get('expires')?.slice(0, 19)}Z`) > Date.now() ? null : 'signature is expired';
  }

  function start(finish: Job['finish']): object {
    const jobid = randomUUID();
    if (lies.vanishing === 'DONE') void finish();
    else if (lies.vanishing === undefined) jobs.set(jobid, { polls: lies.polls ?? 1, finish });
    return { jobid };
  }
  const shown = (volume: Stored): object => ({ ...volume });
  const failing = (errorcode: number, errortext: string) => ({
    jobstatus: 2,
    jobresultcode: errorcode,
    jobresult: { errorcode, errortext },
  });
  const done = (volume: Stored) => ({ jobstatus: 1, jobresult: { volume: shown(volume) } });

  type Answer = { status: number; body: object };
  async function answer(command: string, of: (name: string) => string): Promise<Answer> {
    const ok = (inner: object): Answer => ({ status: 200, body: { [`${command.toLowerCase()}response`]: inner } });
    const volume = volumes.get(of('id'));
    switch (command) {
      case 'createVolume': {
        if (!/^\d+$/.test(of('size')) || of('zoneid') === '' || of('diskofferingid') === '')
          return errors(431, 'Unable to execute API command createvolume due to invalid value');
        const made: Stored = {
          id: randomUUID(),
          name: of('name'),
          size: Number(of('size')) * gibibyte + (lies.roundsUpBy ?? 0),
          state: 'Allocated',
          zoneid: of('zoneid'),
          diskofferingid: of('diskofferingid'),
        };
        const put = () => {
          volumes.set(made.id, made);
          return done(made);
        };
        return ok({ id: made.id, ...start(put) });
      }
      case 'attachVolume': {
        if (volume === undefined || !machines.includes(of('virtualmachineid')))
          return errors(431, 'no such volume or machine');
        if (volume.virtualmachineid !== undefined) return errors(431, 'the volume is attached already');
        return ok(
          start(async () => {
            await lies.device?.attach(volume.id, volume.size);
            // A wrong number on purpose: nobody may compute a device from it.
            Object.assign(volume, {
              virtualmachineid: of('virtualmachineid'),
              state: 'Ready',
              hypervisor: lies.hypervisor ?? 'KVM',
              deviceid: 1,
            });
            return done(volume);
          }),
        );
      }
      case 'detachVolume':
        if (volume?.virtualmachineid === undefined) return errors(431, 'the volume is not attached');
        return ok(
          start(async () => {
            if (lies.detachFails !== undefined) return failing(530, lies.detachFails);
            await lies.device?.detach(volume.id);
            delete volume.virtualmachineid;
            delete volume.deviceid;
            return done(volume);
          }),
        );
      case 'resizeVolume':
        if (volume === undefined || Number(of('size')) * gibibyte < volume.size)
          return errors(431, 'no such volume, or it would shrink');
        return ok(
          start(() => {
            volume.size = Number(of('size')) * gibibyte;
            return done(volume);
          }),
        );
      case 'deleteVolume':
        if (volume === undefined) return errors(431, 'no such volume');
        if (volume.virtualmachineid !== undefined) return errors(431, 'the volume is attached');
        volumes.delete(volume.id);
        return ok({ success: true });
      case 'listVolumes': {
        const size = Number(of('pagesize'));
        if (!(size > 0 && size <= 500)) return errors(431, 'page size is too large');
        const found = [...volumes.values()].filter(
          ({ name }) => (of('name') === '' || name === of('name')) && name.includes(of('keyword')),
        );
        const page = found.slice((Number(of('page')) - 1) * size, Number(of('page')) * size);
        return ok(page.length === 0 ? {} : { count: found.length, volume: page.map(shown) });
      }
      case 'listVirtualMachines':
        return machines.includes(of('id')) ? ok({ count: 1, virtualmachine: [{ id: of('id') }] }) : ok({});
      case 'queryAsyncJobResult': {
        const job = jobs.get(of('jobid'));
        if (job === undefined) return errors(431, 'Unable to find a job by id');
        if (job.polls-- > 0) return ok({ jobstatus: 0 });
        jobs.delete(of('jobid'));
        return ok(await job.finish());
      }
      default:
        return errors(432, `The given command ${command} is not supported`);
    }
  }

  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    const parameters = new URLSearchParams(body);
    const command = parameters.get('command') ?? '';
    commands.push(command);
    const send = ({ status, body: inner }: Answer) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(inner));
    if (request.method !== 'POST' || request.url !== '/client/api') return send(errors(404, 'wrong address'));
    const wrong = checkSignature(parameters);
    if (wrong !== null) return send(errors(401, lies.echoes ? `${wrong}: ${body} ${decodeURIComponent(body)}` : wrong));
    requests += 1;
    if (lies.throttleEvery !== undefined && requests % lies.throttleEvery === 0)
      return send(errors(429, 'too many requests'));
    if (lies.echoes)
      return send(errors(530, `failed on ${parameters} with ${apiKey}, ${secretKey.toUpperCase()} and ${secretKey}`));
    return send(await answer(command, (name) => parameters.get(name) ?? ''));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/client/api`,
    apiKey,
    secretKey,
    volumes,
    commands,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
