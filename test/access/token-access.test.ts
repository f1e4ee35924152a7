import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createTokenAccess, type TokenAccessOptions } from '../../src/access/token-access.ts';
import { openDatabase } from '../../src/database/database.ts';
import { createIdSource } from '../../src/domain/id.ts';
import { temporaryFolder } from '../temporary-folder.ts';

async function open(given: Partial<TokenAccessOptions> & { folder?: string } = {}) {
  const { folder = temporaryFolder(), ...options } = given;
  const path = join(folder, 'memoir.sqlite');
  const database = openDatabase(path);
  const access = await createTokenAccess({ database, createId: createIdSource(), environmentToken: null, ...options });
  const close = async () => {
    await access.close();
    await database.close();
  };
  onTestFinished(close);
  return { access, close, folder, path };
}

const admin = { name: 'root', role: 'ADMIN', expiresAtMs: null } as const;
const refusal = (code: string) => expect.objectContaining({ code });

describe('access', () => {
  it('is open to everybody until there is a token, and never again after', async () => {
    const { access } = await open();
    expect(access.required).toBe(false);
    expect(await access.authenticate(undefined)).toEqual({ name: 'local', role: 'ADMIN' });
    const { token, secret } = await access.createToken(admin, 'local');
    expect(access.required).toBe(true);
    await expect(access.authenticate(undefined)).rejects.toEqual(refusal('UNAUTHENTICATED'));
    expect(await access.authenticate(secret)).toEqual({ name: 'root', role: 'ADMIN' });
    await access.revokeToken(token.id, 'root');
    await expect(access.authenticate(secret)).rejects.toEqual(refusal('UNAUTHENTICATED'));
    await expect(access.authenticate(undefined)).rejects.toEqual(refusal('UNAUTHENTICATED'));
  });

  it('takes an admin’s token first, or nobody could make another', async () => {
    const { access } = await open();
    await expect(access.createToken({ ...admin, role: 'VIEWER' }, 'local')).rejects.toEqual(refusal('BAD_INPUT'));
    const withEnvironment = await open({ environmentToken: 'a-long-enough-secret' });
    await withEnvironment.access.createToken({ ...admin, role: 'VIEWER' }, 'MEMOIR_TOKEN');
  });

  it('knows the environment’s token as an admin that is in no table', async () => {
    const { access } = await open({ environmentToken: 'a-long-enough-secret' });
    expect(await access.authenticate('a-long-enough-secret')).toEqual({ name: 'MEMOIR_TOKEN', role: 'ADMIN' });
    for (const wrong of [undefined, '', 'a-long-enough-secre', 'a-long-enough-secret ']) {
      await expect(access.authenticate(wrong)).rejects.toEqual(refusal('UNAUTHENTICATED'));
    }
    expect(await access.tokens()).toEqual([]);
  });

  it('ends with a token’s time', async () => {
    let now = 1_000_000;
    const { access } = await open({ now: () => now });
    const { secret } = await access.createToken({ ...admin, expiresAtMs: now + 1000 }, 'local');
    now += 999;
    expect((await access.authenticate(secret)).name).toBe('root');
    now += 1;
    await expect(access.authenticate(secret)).rejects.toEqual(refusal('UNAUTHENTICATED'));
  });

  it('refuses names that are taken, the server’s own, or not names', async () => {
    const { access } = await open();
    const { token } = await access.createToken(admin, 'local');
    await access.revokeToken(token.id, 'local');
    for (const name of ['root', 'local', 'MEMOIR_TOKEN', '', ' ', 'x'.repeat(65), 'a\nb', '\u001b[31m', '<b>']) {
      await expect(access.createToken({ ...admin, name }, 'local'), name).rejects.toEqual(refusal('BAD_INPUT'));
    }
    await expect(access.createToken({ ...admin, name: 'late', expiresAtMs: 1 }, 'x')).rejects.toEqual(
      refusal('BAD_INPUT'),
    );
    await expect(access.revokeToken(token.id, 'local')).rejects.toEqual(refusal('ALREADY_FINISHED'));
    await expect(access.revokeToken('nothing', 'local')).rejects.toEqual(refusal('NOT_FOUND'));
  });

  it('survives a restart, with the time of last use, and keeps no secret on the disk', async () => {
    const first = await open();
    const { secret } = await first.access.createToken(admin, 'local');
    await first.access.authenticate(secret);
    await first.access.audit({ actor: 'root', action: 'test', details: { n: 1 } });
    await first.close();
    expect(readFileSync(first.path).includes(secret.slice('memoir_'.length))).toBe(false);
    const { access } = await open({ folder: first.folder });
    expect(await access.authenticate(secret)).toEqual({ name: 'root', role: 'ADMIN' });
    expect((await access.tokens())[0]).toMatchObject({
      name: 'root',
      createdBy: 'local',
      lastUsedAtMs: expect.any(Number),
    });
    expect(await access.auditLog({ limit: 10 })).toMatchObject({
      totalCount: 1,
      hasNext: false,
      records: [{ seq: 1, actor: 'root', action: 'test', details: { n: 1 } }],
    });
  });
});
