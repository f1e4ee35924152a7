import { MemoirError } from '../../domain/memoir-error.ts';
import { type Console, print } from '../console.ts';
import { exitCodes } from '../exit-codes.ts';
import { CliCreateTokenDocument, CliRevokeTokenDocument, CliTokensDocument, type Role } from '../generated/graphql.ts';
import { table } from '../text.ts';
import { readRole } from '../words.ts';

export interface CreateTokenOptions {
  readonly role: string;
  readonly expires?: string;
  /** In the data folder of this machine, past the server. */
  readonly local?: boolean;
}

/** What of a request for a token the process itself can do. */
export interface LocalTokens {
  create(request: { name: string; role: Role; expiresAtMs: number | null }): Promise<{
    readonly token: { readonly id: string; readonly name: string; readonly role: Role };
    readonly secret: string;
  }>;
}

export async function createToken(
  console: Console,
  local: LocalTokens,
  name: string,
  { role: given, expires, local: isLocal = false }: CreateTokenOptions,
) {
  const role = readRole(given);
  const made = isLocal
    ? await createLocally(local, name, role, expires)
    : await createByServer(console, name, role, expires);
  const { secret, token } = made;
  console.tell(
    'This is shown only once and is not stored. Send it as `Authorization: Bearer …`, or set MEMOIR_TOKEN for this command line.\n',
  );
  print(console, { ...token, secret }, () => secret);
  return exitCodes.done;
}

async function createByServer({ client }: Console, name: string, role: Role, expires: string | undefined) {
  const input = { name, role, ...(expires !== undefined && { expiresAt: expires }) };
  return (await client.ask(CliCreateTokenDocument, { input })).createToken;
}

async function createLocally(local: LocalTokens, name: string, role: Role, expires: string | undefined) {
  const expiresAtMs = expires === undefined ? null : Date.parse(expires);
  if (Number.isNaN(expiresAtMs)) throw new MemoirError('BAD_INPUT', `${expires} is not a time such as 2027-01-31`);
  return local.create({ name, role, expiresAtMs });
}

export async function listTokens(console: Console) {
  const { tokens } = await console.client.ask(CliTokensDocument, {});
  const rows = tokens.map((one) => [
    one.id,
    one.name,
    one.role,
    one.createdAt,
    one.lastUsedAt ?? null,
    one.revokedAt ?? one.expiresAt ?? null,
  ]);
  print(console, tokens, () => table(['ID', 'NAME', 'ROLE', 'MADE', 'LAST USED', 'ENDS'], rows));
  return exitCodes.done;
}

/** By name or id. */
export async function revokeToken(console: Console, nameOrId: string) {
  const { tokens } = await console.client.ask(CliTokensDocument, {});
  const id = tokens.find((one) => one.id === nameOrId || one.name === nameOrId)?.id ?? nameOrId;
  const { token: revoked } = (await console.client.ask(CliRevokeTokenDocument, { id })).revokeToken;
  print(console, revoked, () => `${revoked.name} is revoked`);
  return exitCodes.done;
}
