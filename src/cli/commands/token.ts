import { type Console, print } from '../console.ts';
import { exitCodes } from '../exit-codes.ts';
import { CliCreateTokenDocument, CliRevokeTokenDocument, CliTokensDocument, type Role } from '../generated/graphql.ts';
import { table } from '../text.ts';

export interface CreateTokenOptions {
  readonly role: string;
  readonly expires?: string;
}

export async function createToken(console: Console, name: string, { role, expires }: CreateTokenOptions) {
  const input = { name, role: role.toUpperCase() as Role, ...(expires !== undefined && { expiresAt: expires }) };
  const { secret, token } = (await console.client.ask(CliCreateTokenDocument, { input })).createToken;
  console.tell(
    'This is shown once and kept nowhere. Send it as `Authorization: Bearer …`, or set MEMOIR_TOKEN for this command line.\n',
  );
  print(console, { ...token, secret }, () => secret);
  return exitCodes.done;
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
  print(console, revoked, () => `${revoked.name} lets nobody in any more`);
  return exitCodes.done;
}
