import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createLocalToken } from '../../src/access/local-token.ts';
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
    await access.createToken({ ...admin, name: 'second' }, 'root');
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
    await access.createToken(admin, 'local');
    const { secret } = await access.createToken({ ...admin, name: 'guest', expiresAtMs: now + 1000 }, 'local');
    now += 999;
    expect((await access.authenticate(secret)).name).toBe('guest');
    now += 1;
    await expect(access.authenticate(secret)).rejects.toEqual(refusal('UNAUTHENTICATED'));
  });

  it('refuses names that are taken, the server’s own, or not names', async () => {
    const { access } = await open();
    const { token } = await access.createToken(admin, 'local');
    await access.createToken({ ...admin, name: 'keeper' }, 'local');
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

  it('keeps one admin who cannot be locked out: by revoking, or by time', async () => {
    const { access } = await open();
    const soon = Date.now() + 60_000;
    await expect(access.createToken({ ...admin, expiresAtMs: soon }, 'local')).rejects.toEqual(refusal('BAD_INPUT'));
    const first = await access.createToken(admin, 'local');
    const passing = await access.createToken({ ...admin, name: 'passing', expiresAtMs: soon }, 'root');
    await expect(access.revokeToken(first.token.id, 'root')).rejects.toEqual(
      expect.objectContaining({ code: 'BAD_INPUT', hint: expect.stringContaining('--local') }),
    );
    await access.revokeToken(passing.token.id, 'root');
    const second = await access.createToken({ ...admin, name: 'second' }, 'root');
    await access.revokeToken(first.token.id, 'second');
    expect((await access.authenticate(second.secret)).name).toBe('second');
  });

  it('finds a token that was made in the data folder while it runs, also the first one', async () => {
    let elapsed = 0;
    const { access, folder } = await open({ elapsedMs: () => elapsed });
    const { secret } = await createLocalToken(folder, admin);
    expect(await access.authenticate(secret)).toEqual({ name: 'root', role: 'ADMIN' });
    await expect(access.authenticate(undefined)).rejects.toEqual(refusal('UNAUTHENTICATED'));
    elapsed += 2000;
    const second = await createLocalToken(folder, { ...admin, name: 'second', role: 'VIEWER' });
    expect((await access.authenticate(second.secret)).name).toBe('second');
    expect((await access.auditLog({ limit: 9 })).records).toMatchObject([
      { actor: 'local', action: 'createToken' },
      { actor: 'local', action: 'createToken' },
    ]);
  });

  it.each([
    ['root', 'r\u043e\u043et'],
    ['root', 'ROOT'],
    ['root', 'ro0t'],
    ['monitor', 'rnonitor'],
    ['deploy bot', 'deploy_bot'],
    ['backup', 'b\u0430ckup'],
  ])('refuses a name that looks like another’s: %s, %s', async (name, twin) => {
    const { access } = await open();
    await access.createToken({ ...admin, name }, 'local');
    await expect(access.createToken({ ...admin, name: twin }, 'x')).rejects.toEqual(refusal('BAD_INPUT'));
    await access.createToken({ ...admin, name: `${name} 2` }, 'x');
  });

  it('refuses a name that looks like the house’s own', async () => {
    const { access } = await open();
    for (const name of ['l\u043ecal', 'Local', 'MEMOIR-TOKEN'])
      await expect(access.createToken({ ...admin, name }, 'x')).rejects.toEqual(refusal('BAD_INPUT'));
  });
});
