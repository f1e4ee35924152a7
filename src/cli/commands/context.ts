import { MemoirError } from '../../domain/memoir-error.ts';
import { createClient } from '../client.ts';
import { type Console, print } from '../console.ts';
import type { Contexts } from '../contexts.ts';
import { exitCodes } from '../exit-codes.ts';
import { CliSessionDocument } from '../generated/graphql.ts';
import { plain, table } from '../text.ts';

/** Signs in to a server and keeps that: asked with the token first, so that a wrong one is never kept. */
export async function login(console: Console, contexts: Contexts, url: string, token: string | null, name?: string) {
  const address = new URL(url);
  const { session } = await createClient(address.origin, token).ask(CliSessionDocument, {});
  if (session.tokenRequired && token === null)
    throw new MemoirError('UNAUTHENTICATED', `${address.origin} needs a token`, {
      hint: 'Give it on standard input: memoir login URL < token-file',
    });
  const called = name ?? address.host;
  contexts.save(called, { url: address.origin, token });
  const who = session.tokenRequired ? `as ${session.name} (${session.role})` : 'without a token';
  const result = { context: called, url: address.origin, name: session.name, role: session.role };
  print(console, result, () => plain(`Signed in to ${address.origin} ${who}. This is context ${called} now.`));
  return exitCodes.done;
}

/** Without a name, lists them. */
export function context(console: Console, contexts: Contexts, name: string | undefined, remove: boolean) {
  if (name !== undefined) {
    if (remove) contexts.remove(name);
    else contexts.use(name);
  }
  const { current, contexts: all } = contexts.list();
  const rows = Object.entries(all).map(([one, { url, token }]) => ({
    name: one,
    url,
    signedIn: token !== null,
    current: one === current,
  }));
  print(console, rows, () =>
    rows.length === 0
      ? 'No contexts yet. Sign in: memoir login URL'
      : table(
          ['', 'NAME', 'SERVER', 'TOKEN'],
          rows.map((row) => [row.current ? '*' : ' ', row.name, row.url, row.signedIn ? 'kept' : 'none']),
        ),
  );
  return exitCodes.done;
}
