import { join } from 'node:path';
import { openDatabase } from '../database/database.ts';
import { createIdSource } from '../domain/id.ts';
import type { TokenRequest } from './access.ts';
import type { Token } from './token.ts';
import { createTokenAccess } from './token-access.ts';

/**
 * Makes a token in a data folder itself, beside a server that may be running on it: the way back in for whoever may write
 * there. The server finds the token when it is shown to it. Written down like every other.
 */
export async function createLocalToken(
  dataDir: string,
  request: TokenRequest,
): Promise<{ readonly token: Token; readonly secret: string }> {
  const database = openDatabase(join(dataDir, 'memoir.sqlite'));
  try {
    const access = await createTokenAccess({ database, createId: createIdSource(), environmentToken: null });
    try {
      const actor = 'local';
      const { name, role, expiresAtMs } = request;
      await access.audit({
        actor,
        action: 'createToken',
        details: { input: { name, role, expiresAtMs }, local: true },
      });
      return await access.createToken(request, actor);
    } finally {
      await access.close();
    }
  } finally {
    await database.close();
  }
}
