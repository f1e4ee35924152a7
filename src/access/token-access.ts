import type { Database } from '../database/database.ts';
import { MemoirError } from '../domain/memoir-error.ts';
import type { Access, TokenRequest } from './access.ts';
import type { AccessService, KeptToken } from './access-service.ts';
import type { Actor } from './actor.ts';
import { lookOf } from './look-alike.ts';
import { Tickets } from './tickets.ts';
import { createSecret, digestOf, endOf, type Token } from './token.ts';

export interface TokenAccessOptions {
  readonly database: Database;
  readonly createId: () => string;
  /** A secret from the environment that is an ADMIN's for as long as the server runs with it. */
  readonly environmentToken: string | null;
  readonly now?: () => number;
  /** A clock that nobody sets; its zero is of no account. */
  readonly elapsedMs?: () => number;
}

/** Names that the house itself uses for those without a token of the table. */
const local: Actor = { name: 'local', role: 'ADMIN' };
const environment: Actor = { name: 'MEMOIR_TOKEN', role: 'ADMIN' };

const namePattern = /^[\p{L}\p{N}][\p{L}\p{N} ._@:-]{0,63}$/u;
/** How exactly a token's last use is kept: a write for each request would cost more than the request. */
const touchMs = 60_000;
/** Between two looks for tokens that were made beside the server. */
const lookMs = 1_000;
/** What helps whoever is locked out. */
const wayBack = '`memoir token create NAME --role admin --local` on the server’s own machine always makes one.';

/** Access by tokens in the embedded database. Live tokens are in memory, so that nothing waits for a disk to let someone in. */
export async function createTokenAccess(options: TokenAccessOptions): Promise<Access> {
  const { database, createId, environmentToken, now = Date.now } = options;
  const { elapsedMs = () => performance.now() } = options;
  const service = await database.service<AccessService>('access', {
    module: new URL('./access-service.ts', import.meta.url).href,
    options: null,
  });
  const byDigest = new Map((await service.tokens()).map((token) => [token.digest, token]));
  const environmentDigest = environmentToken === null ? null : digestOf(environmentToken);
  const used = new Map<string, number>();
  const isRequired = () => byDigest.size > 0 || environmentDigest !== null;

  function use(token: KeptToken): Actor {
    const atMs = now();
    // In either direction: the clock may have been set back.
    if (Math.abs(atMs - (token.lastUsedAtMs ?? 0)) >= touchMs) {
      byDigest.set(token.digest, { ...token, lastUsedAtMs: atMs });
      used.set(token.id, atMs);
    }
    return { name: token.name, role: token.role };
  }

  async function flush(): Promise<void> {
    if (used.size === 0) return;
    const uses = [...used].map(([id, atMs]) => ({ id, atMs }));
    used.clear();
    // What is lost with a full disk is a time of day, and nobody's request.
    await service.touch(uses).catch(() => undefined);
  }
  const flushing = setInterval(() => void flush(), touchMs).unref();

  let lookedAtMs = Number.NEGATIVE_INFINITY;
  /** A token that another process of this machine has made since; looked for at most once a second, whoever guesses. */
  async function findNew(digest: string): Promise<KeptToken | undefined> {
    if (elapsedMs() - lookedAtMs < lookMs) return undefined;
    lookedAtMs = elapsedMs();
    for (const token of await service.tokens()) if (!byDigest.has(token.digest)) byDigest.set(token.digest, token);
    return byDigest.get(digest);
  }

  /** Whether an ADMIN’s token that never ends by itself is left beside the one of the id. */
  function hasKeeper(withoutId: string | null): boolean {
    const isKeeper = ({ id, role, expiresAtMs, revokedAtMs }: KeptToken) =>
      id !== withoutId && role === 'ADMIN' && expiresAtMs === null && revokedAtMs === null;
    return environmentDigest !== null || [...byDigest.values()].some(isKeeper);
  }

  const tickets = new Tickets(now, elapsedMs);

  return {
    tickets,
    get required() {
      return isRequired();
    },

    async authenticate(secret) {
      if (!isRequired() && (secret === undefined || (await findNew(digestOf(secret))) === undefined)) return local;
      if (secret === undefined) throw new MemoirError('UNAUTHENTICATED', 'this server needs a token');
      const digest = digestOf(secret);
      if (digest === environmentDigest) return environment;
      const token = byDigest.get(digest) ?? (await findNew(digest));
      if (token === undefined) throw new MemoirError('UNAUTHENTICATED', 'the token is not known');
      const end = endOf(token, now());
      if (end !== null) throw new MemoirError('UNAUTHENTICATED', `the token ${token.name} is ${end}`);
      return use(token);
    },

    audit: (entry) => service.audit(entry, now()),

    auditLog: ({ limit, before }) => service.auditLog(limit, before ?? Number.MAX_SAFE_INTEGER),

    async createToken(request, actor) {
      check(request, now());
      if (!isRequired() && (request.role !== 'ADMIN' || request.expiresAtMs !== null)) {
        throw new MemoirError('BAD_INPUT', 'the first token must have the role ADMIN and must not expire', {
          hint: wayBack,
        });
      }
      const look = lookOf(request.name);
      const twin = [local, environment, ...byDigest.values()].find(({ name }) => lookOf(name) === look);
      if (twin !== undefined && twin.name !== request.name) {
        throw new MemoirError('BAD_INPUT', `the name looks like ${twin.name}, which is taken`, {
          hint: 'Choose a name that cannot be confused with it.',
        });
      }
      const secret = createSecret();
      const fresh = { lastUsedAtMs: null, revokedAtMs: null, createdAtMs: now(), createdBy: actor };
      const kept: KeptToken = { ...request, ...fresh, id: createId(), digest: digestOf(secret) };
      // Also that of a revoked one: the journal must not mean two people by one name.
      if (!(await service.create(kept))) {
        throw new MemoirError('BAD_INPUT', `there is, or was, a token of the name ${request.name}`);
      }
      byDigest.set(kept.digest, kept);
      return { token: withoutDigest(kept), secret };
    },

    async revokeToken(id) {
      const token = [...byDigest.values()].find((one) => one.id === id);
      if (token === undefined) throw new MemoirError('NOT_FOUND', `there is no token ${JSON.stringify(id)}`);
      if (token.revokedAtMs === null && hasKeeper(null) && !hasKeeper(token.id)) {
        throw new MemoirError('BAD_INPUT', `${token.name} is the last ADMIN’s token that does not expire`, {
          hint: `Make another ADMIN’s token that does not expire first. ${wayBack}`,
        });
      }
      const revokedAtMs = now();
      if (!(await service.revoke(id, revokedAtMs))) {
        throw new MemoirError('ALREADY_FINISHED', `the token ${token.name} is already revoked`);
      }
      const revoked = { ...token, revokedAtMs };
      byDigest.set(token.digest, revoked);
      tickets.drop(token.name);
      return withoutDigest(revoked);
    },

    tokens: async () => [...byDigest.values()].sort((a, b) => (a.id < b.id ? -1 : 1)).map(withoutDigest),

    async close() {
      clearInterval(flushing);
      await flush();
    },
  };
}

function check({ name, expiresAtMs }: TokenRequest, nowMs: number): void {
  const bad = (message: string) => new MemoirError('BAD_INPUT', message);
  if (!namePattern.test(name)) {
    throw bad('a token’s name has 1 to 64 letters, digits, spaces or ._@:- and begins with a letter or digit');
  }
  if ([local.name, environment.name].includes(name)) throw bad(`the name ${name} is reserved`);
  if (expiresAtMs !== null && expiresAtMs <= nowMs) throw bad('the token would have expired already');
}

const withoutDigest = ({ digest: _, ...token }: KeptToken): Token => token;
