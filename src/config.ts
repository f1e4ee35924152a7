// Long: every variable of every room, from its text to its value.
import { availableParallelism, homedir, hostname } from 'node:os';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { parseByteSize } from './domain/byte-size.ts';
import { MemoirError } from './domain/memoir-error.ts';
import { isNameOf } from './domain/table.ts';

const seconds = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)?$/;
const unitsMs = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** `90`, `90s`, `1.5m`, `1h`, `30d`: a plain number is seconds. Answers milliseconds. */
const duration = z.string().transform((text, context) => {
  const [, amount, unit = 's'] = seconds.exec(text.trim()) ?? [];
  if (amount !== undefined && isNameOf(unitsMs, unit)) return Number(amount) * unitsMs[unit];
  context.addIssue({ code: 'custom', message: `"${text}" is not a duration such as 90, 90s, 5m, 1h or 30d` });
  return z.NEVER;
});

/** An idempotency key is answered for a week: what it names must be there as long. */
const shortestRetentionMs = 7 * unitsMs.d;
const retention = duration.refine((ms) => ms === 0 || ms >= shortestRetentionMs, 'is 0 (for ever), or at least 7d');

const list = z.string().transform((text) =>
  text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== ''),
);

const switchOf = z
  .enum(['0', '1', 'true', 'false', 'on', 'off'])
  .transform((text) => ['1', 'true', 'on'].includes(text));

const wholeNumber = (low: number, high: number) =>
  z.string().regex(/^\d+$/, 'is not a whole number').transform(Number).pipe(z.number().min(low).max(high));

/**
 * Where InfluxDB answers. Its queries go over gRPC, which knows no path below an address; and a name and password in it would be
 * shown wherever the address is.
 */
const influxAddress = z.string().transform((text, context) => {
  const url = URL.parse(text);
  const refuse = (message: string) => {
    context.addIssue({ code: 'custom', message });
    return z.NEVER;
  };
  if (url === null || !['http:', 'https:'].includes(url.protocol))
    return refuse(`"${text}" is not an address such as http://127.0.0.1:8181`);
  if (url.username !== '' || url.password !== '') return refuse('holds a name or password: the token is INFLUX_TOKEN');
  if (url.pathname !== '/' || url.search !== '' || url.hash !== '') return refuse('has to end with the host and port');
  return url.origin;
});

/** `512M`, `20G`, `2T`. */
const byteSize = z.string().transform((text, context) => {
  const bytes = parseByteSize(text);
  if (bytes !== null) return bytes;
  context.addIssue({ code: 'custom', message: `"${text}" is not a size such as 512M or 20G` });
  return z.NEVER;
});

/** `192.0.2.7:10809`, `[::]:10809`. */
const hostAndPort = z.string().transform((text, context) => {
  const [, bracketed, plain, port] = /^(?:\[([0-9a-fA-F:.]+)\]|([A-Za-z0-9.-]+)):(\d{1,5})$/.exec(text) ?? [];
  const host = bracketed ?? plain;
  if (host !== undefined && Number(port) > 0 && Number(port) < 65_536) return { host, port: Number(port) };
  context.addIssue({ code: 'custom', message: `"${text}" is not a host and a port such as 192.0.2.7:10809` });
  return z.NEVER;
});

/** A mail server. Its password is a variable of its own: an address is shown in logs and on screens. */
const smtpAddress = z.string().transform((text, context) => {
  const url = URL.parse(text);
  const refuse = (message: string) => {
    context.addIssue({ code: 'custom', message });
    return z.NEVER;
  };
  if (url === null || !['smtp:', 'smtps:'].includes(url.protocol) || url.hostname === '')
    return refuse(`"${text}" is not an address such as smtps://mail.example.com or smtp://mail.example.com:587`);
  if (url.username !== '' || url.password !== '')
    return refuse('holds a name or password: they are SMTP_USER and SMTP_PASSWORD');
  return text;
});

/** Every variable that Memoir knows, with its default. Names of the old deployments keep their meaning. */
const environment = z.object({
  HOST: z.string().min(1).default('127.0.0.1'),
  PORT: wholeNumber(0, 65535).default(4000),
  DATA_DIR: z.string().min(1).default('./data'),
  DUMP_DIR: z.string().min(1).optional(),
  LIBVIRT_URI: z.string().min(1).optional(),
  MAX_PARALLEL_DUMPS: wholeNumber(1, 64).default(2),
  DUMP_TIMEOUT: duration.default(3_600_000),
  MAX_PAUSE: duration.optional(),
  DUMP_STALL_TIMEOUT: duration.default(60_000),
  SHUTDOWN_TIMEOUT: duration.default(5_000),
  JOURNAL_RETENTION: retention.default(400 * unitsMs.d),
  HEAP_DIR: z.string().min(1).optional(),
  HEAP_REDACT: switchOf.default(false),
  DOCKER_SOCKET: z.string().min(1).optional(),
  KUBERNETES_CONFIG: z.string().min(1).optional(),
  KUBERNETES_CONTEXT: z.string().min(1).optional(),
  KUBERNETES_NAMESPACE: z.string().min(1).optional(),
  INFLUX_URL: influxAddress.optional(),
  INFLUX_DB: z.string().min(1).default('vmstats'),
  INFLUX_TOKEN: z.string().default(''),
  MEMOIR_TOKEN: z.string().min(16, 'has to have at least 16 characters').optional(),
  ALLOWED_HOSTS: list.default([]),
  ALLOWED_ORIGINS: list.default([]),
  GRAPHIQL: switchOf.default(false),
  LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
  VOLUME_POOL: z.string().min(1).optional(),
  VOLUME_MACHINE: z.string().min(1).optional(),
  VOLUME_NAMES: z.enum(['links', 'device-mapper']).default('links'),
  CLOUDSTACK_URL: z.string().min(1).optional(),
  CLOUDSTACK_API_KEY: z.string().default(''),
  CLOUDSTACK_SECRET_KEY: z.string().default(''),
  CLOUDSTACK_ZONE: z.string().min(1).optional(),
  CLOUDSTACK_OFFERING: z.string().min(1).optional(),
  VOLUME_API_PORT: wholeNumber(0, 65535).optional(),
  DUMP_VOLUME: z.string().min(1).optional(),
  DUMP_VOLUME_FREE: byteSize.default(10 * 2 ** 30),
  DUMP_VOLUME_MAX: byteSize.optional(),
  VOLUME_NBD_LISTEN: hostAndPort.optional(),
  VOLUME_NBD_TLS: z.string().min(1).optional(),
  HOOKS_ALLOW_PRIVATE: switchOf.default(false),
  SMTP_URL: smtpAddress.optional(),
  SMTP_USER: z.string().default(''),
  SMTP_PASSWORD: z.string().default(''),
  MAIL_FROM: z.string().min(3).optional(),
  ALERT_DISK_DAYS: wholeNumber(0, 365).default(7),
  ALERT_NO_DUMP: duration.optional(),
  ALERT_NO_DUMP_MACHINES: z.string().min(1).default('*'),
  DEMO_SPEED: wholeNumber(0, 1_000_000).default(128),
});

type Environment = z.infer<typeof environment>;
type Variables = Readonly<Record<string, string | undefined>>;

/** Names that hold what nobody else may read. */
const secrets = new Set([
  'MEMOIR_TOKEN',
  'INFLUX_TOKEN',
  'CLOUDSTACK_API_KEY',
  'CLOUDSTACK_SECRET_KEY',
  'SMTP_PASSWORD',
]);

/** The configuration file that the environment names. */
export const configFileOf = (variables: Variables = process.env): string | null => variables.MEMOIR_CONFIG || null;

export const isSetting = (name: string): boolean => Object.hasOwn(environment.shape, name);
export const isSecret = (name: string): boolean => secrets.has(name);

/** What a running server takes over when it is told to read its configuration again; everything else needs a restart. */
export const reloadable = [
  'LOG_LEVEL',
  'MAX_PARALLEL_DUMPS',
  'DUMP_TIMEOUT',
  'DUMP_STALL_TIMEOUT',
  'MAX_PAUSE',
] as const;

/** One setting as it came to be. */
export interface Setting {
  readonly name: string;
  /** As it was written; null where it is not set and has no default that could be written down. A secret is never here. */
  readonly value: string | null;
  readonly origin: 'environment' | 'file' | 'default';
  /** Whether a running server takes it over from the file on SIGHUP. */
  readonly reloads: boolean;
}

const isSet = (value: string | undefined): value is string => value !== undefined && value !== '';

/** The environment over the file: an empty variable is one that was not set. */
export function mergeVariables(file: Variables | null, variables: Variables = process.env): Variables {
  return { ...file, ...Object.fromEntries(Object.entries(variables).filter(([, value]) => isSet(value))) };
}

/** Every setting with its value and where that came from; in place of a secret, that there is one. */
export function describeSettings(file: Variables | null, variables: Variables = process.env): Setting[] {
  return Object.entries(environment.shape).map(([name, type]) => {
    const origin = isSet(variables[name]) ? 'environment' : isSet(file?.[name]) ? 'file' : 'default';
    const written = origin === 'environment' ? variables[name] : file?.[name];
    const shown = origin === 'default' ? toText(type.safeParse(undefined).data, name) : (written ?? null);
    const reloads = reloadable.some((one) => one === name);
    const value = isSecret(name) && isSet(shown ?? '') ? '(hidden)' : shown && withoutPassword(shown);
    return { name, value, origin, reloads };
  });
}

/** An address as it may be shown: a password is refused in each of them, and must not be repeated meanwhile. */
const withoutPassword = (value: string): string => value.replace(/^([\w+.-]+:\/\/[^/?#:@]*:)[^/?#]*@/, '$1(hidden)@');

/** A default as a person would write it. */
function toText(value: unknown, name: string): string | null {
  if (value === undefined || value === '') return null;
  if (Array.isArray(value)) return value.join(',') || null;
  if (typeof value === 'boolean') return value ? 'on' : 'off';
  if (typeof value !== 'number' || !/TIMEOUT|RETENTION/.test(name)) return String(value);
  const [unit, ms] = Object.entries(unitsMs)
    .reverse()
    .find(([, one]) => value % one === 0) ?? ['ms', 1];
  return `${value / ms}${unit}`;
}

/** The server's configuration: validated, complete, frozen. Times are in milliseconds, folders absolute. */
export interface Config {
  readonly host: string;
  readonly port: number;
  readonly dataDir: string;
  readonly dumpDir: string;
  /** The volume that is mounted on `dumpDir`, and how it grows by itself; null where dumps are written to the folder as it is. */
  readonly dumpVolume: {
    readonly volume: string;
    readonly freeBytes: number;
    readonly maxBytes: number | null;
  } | null;
  /** Where snapshots of Node.js heaps are kept. */
  readonly heapDir: string;
  /** Whether contents of strings are taken out of snapshots unless a caller says otherwise. */
  readonly heapRedact: boolean;
  /** The container engine's socket; null for the usual places. */
  readonly dockerSocket: string | null;
  /** The cluster whose pods' heaps can be captured: by a kubeconfig file, or as the service account of this pod. */
  readonly kubernetes: {
    readonly config: 'in-cluster' | { readonly file: string; readonly context: string | null };
    readonly namespace: string | null;
  } | null;
  /** Null: found. `demo:///` chooses the demo hypervisor. */
  readonly libvirtUri: string | null;
  readonly maxParallelDumps: number;
  readonly dumpTimeoutMs: number;
  /** Null: not set, which limits AUTO alone, to a default (dumps/pause-limit.ts). */
  readonly maxPauseMs: number | null;
  readonly dumpStallTimeoutMs: number;
  readonly shutdownTimeoutMs: number;
  /** Null: finished operations and events are kept for ever. */
  readonly journalRetentionMs: number | null;
  readonly influx: { readonly url: string; readonly database: string; readonly token: string } | null;
  readonly token: string | null;
  readonly allowedHosts: readonly string[];
  readonly allowedOrigins: readonly string[];
  readonly graphiql: boolean;
  readonly logLevel: string;
  /** The storage pool of volumes that name none, and the machine that this server runs in; null where there is none. */
  readonly volumes: {
    readonly pool: string | null;
    readonly machine: string | null;
    /** Whether names of devices are maps of the kernel's device-mapper, where it has one. */
    readonly mapped: boolean;
    /** Where volumes are shown to other hosts over NBD, with the folder of its certificates; null for a socket of this host. */
    readonly nbd: { readonly host: string; readonly port: number; readonly certificates: string } | null;
  };
  /** Whose volumes are managed in place of the hypervisor's; null where none is configured. */
  readonly cloudstack: {
    readonly url: string;
    readonly apiKey: string;
    readonly secretKey: string;
    readonly zone: string | null;
    readonly offering: string | null;
  } | null;
  /** A second port of the loopback address for the old volume daemon's callers alone; null for none. */
  readonly volumeApiPort: number | null;
  readonly notifications: {
    /** Webhooks may go to private networks. */
    readonly allowPrivate: boolean;
    /** Null: no mail can be sent. */
    readonly mail: {
      readonly url: string;
      readonly from: string;
      readonly user: string | null;
      readonly password: string | null;
    } | null;
    /** An alert when the dump folder's disk will be full within so many days; 0 for none. */
    readonly diskDays: number;
    /** An alert for machines whose newest good dump is older; null for none. */
    readonly noDump: { readonly maxAgeMs: number; readonly pattern: string } | null;
  };
  /** Bytes per second at which the demo hypervisor's memory is read; 0 is as fast as it goes. */
  readonly demoBytesPerSecond: number;
}

/**
 * Threads of Node's pool, which compress all dumps and read and write all files: one per core for the compressors, and two
 * for files, which must not queue behind them. Never fewer than Node's own four.
 */
export function threadPoolSize(cores: number): number {
  return Math.min(64, Math.max(4, cores + 2));
}

/** Sizes the pool, unless UV_THREADPOOL_SIZE says otherwise. To be called before it is used for the first time. */
export function sizeThreadPool(): void {
  process.env.UV_THREADPOOL_SIZE ??= String(threadPoolSize(availableParallelism()));
}

/** What the command line needs to know: where the server is, and what to show it. */
export interface ClientConfig {
  readonly url: string;
  /** Whether a person named that address; else a context may say another. */
  readonly isUrlSet: boolean;
  readonly token: string | null;
  /** Where this user's contexts are kept. */
  readonly configFolder: string;
  /** What the old memwatch tool was told by its environment. */
  readonly memwatch: {
    readonly dashboardUrl: string | null;
    readonly strategy: string | null;
    readonly sessionId: string | null;
  };
}

/** Reads the part of the configuration that a client looks at: it runs where the server's own part may make no sense. */
export function readClientConfig(variables: Variables = process.env): ClientConfig {
  const { MEMOIR_URL: url, MEMOIR_TOKEN: token, PORT: port } = variables;
  const memwatch = {
    dashboardUrl: variables.MEMWATCH_DASHBOARD_URL || null,
    strategy: variables.MEMWATCH_STRATEGY || null,
    sessionId: variables.MEMWATCH_SESSION_ID || null,
  };
  return {
    url: url || `http://127.0.0.1:${port || 4000}`,
    isUrlSet: isSet(url),
    token: token || null,
    configFolder: join(variables.XDG_CONFIG_HOME || join(variables.HOME || homedir(), '.config'), 'memoir'),
    memwatch,
  };
}

/** Variables of the old deployments that nothing here needs, and what does their work. */
const retired: Readonly<Record<string, string>> = {
  MEMDUMP_SERVICE_URL: 'this server captures by itself; the address of another service is not used',
  MEMDUMP_SERVICE_TIMEOUT: 'no other service is waited for; DUMP_TIMEOUT limits a dump',
  MEMDUMP_LOG_DIR: 'the log goes to standard output; redirect it, or let the service manager keep it',
};

/** A sentence for each variable that is set and has no effect, for the start to say. */
export function retiredVariables(variables: Variables = process.env): string[] {
  return Object.entries(retired)
    .filter(([name]) => (variables[name] ?? '') !== '')
    .map(([name, what]) => `${name} is set and has no effect: ${what}.`);
}

function kubernetesOf({
  KUBERNETES_CONFIG: config,
  KUBERNETES_CONTEXT,
  KUBERNETES_NAMESPACE,
}: Environment): Config['kubernetes'] {
  if (config === undefined) return null;
  const file = { file: resolve(config), context: KUBERNETES_CONTEXT ?? null };
  return { config: config === 'in-cluster' ? config : file, namespace: KUBERNETES_NAMESPACE ?? null };
}

/** Reads the environment, or throws CONFIG_INVALID with a line for every variable that makes no sense. */
export function readConfig(variables: Variables = process.env): Config {
  // An empty variable is one that was not set: that is how compose files and unit files leave things out.
  const set = Object.fromEntries(Object.entries(variables).filter(([, value]) => value !== undefined && value !== ''));
  const parsed = environment.safeParse(set);
  if (!parsed.success) {
    const lines = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
    throw new MemoirError('CONFIG_INVALID', `the configuration is not usable:\n  ${lines.join('\n  ')}`);
  }
  const env = parsed.data;
  if ((env.VOLUME_NBD_LISTEN === undefined) !== (env.VOLUME_NBD_TLS === undefined))
    throw new MemoirError(
      'CONFIG_INVALID',
      'VOLUME_NBD_LISTEN and VOLUME_NBD_TLS are set together: without certificates anybody could read the volumes',
    );
  const dataDir = resolve(env.DATA_DIR);
  const influx = env.INFLUX_URL && { url: env.INFLUX_URL, database: env.INFLUX_DB, token: env.INFLUX_TOKEN };
  return Object.freeze({
    host: env.HOST,
    port: env.PORT,
    dataDir,
    dumpDir: env.DUMP_DIR === undefined ? resolve(dataDir, 'dumps') : resolve(env.DUMP_DIR),
    dumpVolume:
      env.DUMP_VOLUME === undefined
        ? null
        : { volume: env.DUMP_VOLUME, freeBytes: env.DUMP_VOLUME_FREE, maxBytes: env.DUMP_VOLUME_MAX ?? null },
    heapDir: env.HEAP_DIR === undefined ? resolve(dataDir, 'heaps') : resolve(env.HEAP_DIR),
    heapRedact: env.HEAP_REDACT,
    dockerSocket: env.DOCKER_SOCKET ?? null,
    kubernetes: kubernetesOf(env),
    libvirtUri: env.LIBVIRT_URI ?? null,
    maxParallelDumps: env.MAX_PARALLEL_DUMPS,
    dumpTimeoutMs: env.DUMP_TIMEOUT,
    maxPauseMs: env.MAX_PAUSE ?? null,
    dumpStallTimeoutMs: env.DUMP_STALL_TIMEOUT,
    shutdownTimeoutMs: env.SHUTDOWN_TIMEOUT,
    journalRetentionMs: env.JOURNAL_RETENTION || null,
    influx: influx || null,
    token: env.MEMOIR_TOKEN ?? null,
    allowedHosts: env.ALLOWED_HOSTS,
    allowedOrigins: env.ALLOWED_ORIGINS,
    graphiql: env.GRAPHIQL,
    logLevel: env.LOG_LEVEL,
    volumes: {
      pool: env.VOLUME_POOL ?? null,
      machine: env.VOLUME_MACHINE ?? null,
      mapped: env.VOLUME_NAMES === 'device-mapper',
      nbd:
        env.VOLUME_NBD_LISTEN === undefined || env.VOLUME_NBD_TLS === undefined
          ? null
          : { ...env.VOLUME_NBD_LISTEN, certificates: resolve(env.VOLUME_NBD_TLS) },
    },
    cloudstack:
      env.CLOUDSTACK_URL === undefined
        ? null
        : {
            url: env.CLOUDSTACK_URL,
            apiKey: env.CLOUDSTACK_API_KEY,
            secretKey: env.CLOUDSTACK_SECRET_KEY,
            zone: env.CLOUDSTACK_ZONE ?? null,
            offering: env.CLOUDSTACK_OFFERING ?? null,
          },
    volumeApiPort: env.VOLUME_API_PORT ?? null,
    notifications: {
      allowPrivate: env.HOOKS_ALLOW_PRIVATE,
      mail:
        env.SMTP_URL === undefined
          ? null
          : {
              url: env.SMTP_URL,
              from: env.MAIL_FROM ?? `memoir@${hostname()}`,
              user: env.SMTP_USER || null,
              password: env.SMTP_PASSWORD || null,
            },
      diskDays: env.ALERT_DISK_DAYS,
      noDump: env.ALERT_NO_DUMP ? { maxAgeMs: env.ALERT_NO_DUMP, pattern: env.ALERT_NO_DUMP_MACHINES } : null,
    },
    demoBytesPerSecond: env.DEMO_SPEED * 1024 * 1024,
  });
}
