import { describe, expect, it } from 'vitest';
import { MemoirError } from '../../src/domain/memoir-error.ts';
import type { Services } from '../../src/graphql/services.ts';
import { sampleRecord } from '../contracts/sample-records.ts';
import { memoir } from '../fakes/command-line.ts';
import { machine } from '../fakes/machines.ts';
import { startTestServer } from '../fakes/server.ts';
import { serverInfo } from '../fakes/server-info.ts';

describe('memoir', () => {
  it('tells how a command ended by its exit code', async () => {
    const { url, access, hypervisor } = await startTestServer();
    expect((await memoir(url, ['--version'])).out).toBe('1.2.3\n');
    expect((await memoir(url, ['--help'])).code).toBe(0);
    expect((await memoir(url, ['vms'])).code).toBe(0);
    for (const usage of [
      ['nonsense'],
      ['dump'],
      ['dump', 'vm-1', '--all'],
      ['vms', '--state', 'odd'],
      ['records', '--limit', 'x'],
      ['--url', 'x', 'vms'],
    ]) {
      expect((await memoir(url, usage)).code, usage.join(' ')).toBe(2);
    }
    expect((await memoir('http://127.0.0.1:9', ['vms'])).code).toBe(3);
    expect((await memoir(url, ['--url', 'http://127.0.0.1:9', 'vms'])).told).toContain('--url');
    hypervisor.down = true;
    const away = await memoir(url, ['vms']);
    expect([away.code, away.told]).toEqual([1, expect.stringContaining('the hypervisor does not respond')]);
    await access.createToken({ name: 'root', role: 'ADMIN', expiresAtMs: null }, 'test');
    expect((await memoir(url, ['vms'])).code).toBe(4);
  });

  it('lists machines for people and for programs, hostile names too', async () => {
    const machines = [machine(1), machine(2, { name: '\u001b[31mevil\n', state: 'PAUSED' })];
    const { url } = await startTestServer({ machines });
    const people = await memoir(url, ['vms']);
    expect(people.out).toContain('\\u001b[31mevil\\u000a');
    expect(people.out.split('\n')).toHaveLength(4);
    expect(people.told).toContain('DEMO');
    const programs = JSON.parse((await memoir(url, ['--json', 'vms', '--state', 'paused'])).out);
    expect(programs).toMatchObject([{ name: '\u001b[31mevil\n', state: 'PAUSED' }]);
  });

  it('dumps, says which machines get none, and follows the others to their end', async () => {
    const server = await startTestServer();
    const running = memoir(server.url, ['dump', 'vm-1', 'vm-2', 'nobody', '--watch', '--method', 'core-dump']);
    const [first, second] = [await server.dumping.next(), await server.dumping.next()];
    expect(first.context.operation.request).toMatchObject({ method: 'CORE_DUMP' });
    await first.context.phase('capturing', 'Reading memory');
    first.finish({ result: { method: 'CORE_DUMP', sizeBytes: 2048, guestPauseMs: 1.5, dumpPath: '/dumps/x' } });
    second.fail(new MemoirError('GUEST_GONE', 'the machine ended'));
    const { code, out, told } = await running;
    expect(code).toBe(1);
    expect(told).toContain('nobody: NOT_FOUND');
    expect(told).toContain('vm-1: completed');
    expect(out).toMatch(/vm-1 +COMPLETED +CORE_DUMP +\S+ s +1\.5 ms +2\.0 KiB +\/dumps\/x/);
    expect(out).toMatch(/vm-2 +FAILED .*GUEST_GONE: the machine ended/);
    // Nothing for a terminal where there is none.
    expect(out + told).not.toContain('\u001b');
  });

  it('takes a machine by its numeric id too, as the list shows it', async () => {
    const { url } = await startTestServer();
    const { out } = await memoir(url, ['--json', 'dump', machine(1).vmid as string]);
    expect(JSON.parse(out).accepted).toHaveLength(1);
    expect((await memoir(url, ['dump', '--help'])).out).toContain('numeric id');
  });

  it('draws bars over each other on a terminal', async () => {
    const server = await startTestServer();
    const running = memoir(server.url, ['dump', 'vm-1', '--watch'], { columns: 60 });
    const run = await server.dumping.next();
    run.context.progress({ doneBytes: 50, totalBytes: 100 });
    setTimeout(() => run.finish(), 300);
    const { code, told } = await running;
    expect(code).toBe(0);
    expect(told).toContain('\u001b[1A');
    expect(told).toMatch(/vm-1 +█{12}░{12} +50 %/);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: the terminal's own escapes are what it is about.
    const escapes = /\u001b\[\d[AK]|\r/g;
    for (const line of told.split('\n')) expect(line.replaceAll(escapes, '').length).toBeLessThan(60);
  });

  it('answers the same dumps for the same key', async () => {
    const { url } = await startTestServer();
    const ids = async () =>
      JSON.parse((await memoir(url, ['--json', 'dump', '--all', '--key', 'k'])).out).accepted.map(
        ({ id }: { id: string }) => id,
      );
    expect(await ids()).toEqual(await ids());
  });

  it('lists records, as CSV without formulas', async () => {
    const { url, records } = await startTestServer();
    await records.append(sampleRecord(1, { dom: '=HYPERLINK("x")' }));
    await records.append(sampleRecord(2, { dom: 'a,"b"\n' }));
    const { out } = await memoir(url, ['records', '--csv']);
    const lines = out.split('\r\n');
    expect(lines[0]).toMatch(/^id,time,dom,/);
    for (const name of ['sha256', 'imageSha256', 'ctime', 'mtime', 'atime'])
      expect(lines[0]?.split(',')).toContain(name);
    const { ctime, mtime, atime } = sampleRecord(2);
    expect(lines[1]).toContain(`,${ctime},${mtime},${atime},`);
    expect(lines[1]).toContain(',"a,""b""\n",');
    expect(lines[2]).toContain(`,"'=HYPERLINK(""x"")",`);
    expect((await memoir(url, ['records', '--limit', '1'])).out.trim().split('\n')).toHaveLength(2);
    expect(JSON.parse((await memoir(url, ['--json', 'records', '--vm', '101'])).out)).toHaveLength(1);
  });

  it('lists records so that neither spreadsheet nor terminal obeys a name', async () => {
    const { url, records } = await startTestServer();
    await records.append(sampleRecord(1, { dom: '\n=1+1' }));
    await records.append(sampleRecord(2, { dom: '\uff1d1+1' }));
    await records.append(sampleRecord(3, { dom: 'a\u009b31m\u202eb' }));
    const { out } = await memoir(url, ['records', '--csv']);
    expect(out).toContain(',"\'\n=1+1",');
    expect(out).toContain(",'\uff1d1+1,");
    const shown = (await memoir(url, ['--json', 'records'], { terminal: true })).out;
    expect(shown).not.toMatch(/[\u009b\u202e]/);
    expect(JSON.parse(shown)[0].dom).toBe('a\u009b31m\u202eb');
  });

  it('makes a token past a server that lets nobody in', async () => {
    const { url, folder, access } = await startTestServer();
    await access.createToken({ name: 'lost', role: 'ADMIN', expiresAtMs: null }, 'test');
    expect((await memoir(url, ['vms'])).code).toBe(4);
    const made = await memoir(url, ['token', 'create', 'back', '--role', 'admin', '--local'], { dataDir: folder });
    const token = made.out.trim();
    expect((await memoir(url, ['vms'], { token })).code).toBe(0);
  });

  it('makes, lists and ends tokens', async () => {
    const { url, access } = await startTestServer();
    expect((await memoir(url, ['token', 'create', 'eve', '--role', 'viewer'])).code).toBe(2);
    const made = await memoir(url, ['token', 'create', 'root', '--role', 'admin']);
    const token = made.out.trim();
    expect((await access.authenticate(token)).name).toBe('root');
    const listed = await memoir(url, ['token', 'list'], { token });
    expect(listed.out).toMatch(/root +ADMIN/);
    expect(listed.out + listed.told).not.toContain(token);
    expect((await memoir(url, ['token', 'revoke', 'root'], { token })).code, 'the last admin').toBe(2);
    await memoir(url, ['token', 'create', 'keeper', '--role', 'admin'], { token });
    expect((await memoir(url, ['token', 'revoke', 'root'], { token })).code).toBe(0);
    expect((await memoir(url, ['vms'], { token })).code).toBe(4);
  });

  it('says what is wrong with the server, and how to mend it', async () => {
    const { url, hypervisor } = await startTestServer({
      wrap: (services) => ({
        ...services,
        store: {
          ...services.store,
          location: '/full',
          space: async () => ({ freeBytes: 1, totalBytes: 1000, reserveBytes: 0 }),
        },
      }),
    });
    hypervisor.down = true;
    const { code, out } = await memoir(url, ['doctor']);
    expect(code).toBe(1);
    expect(out).toMatch(/ok +server: Memoir 0\.0\.0-test/);
    expect(out).toMatch(/look +access: .*\n +.*memoir token create/);
    expect(out).toMatch(/BROKEN +hypervisor: the socket is gone\n +start it/);
    expect(out).toMatch(/look +storage: Less than 5 %/);
  });

  it('says that the database was lost or is damaged, and that InfluxDB lacks records, and how to mend it', async () => {
    const outbox = {
      status: async () => ({ state: 'IDLE', waiting: 0, waitingSinceMs: null, dead: 0, overflowed: 0 }),
    };
    const influx = { url: 'http://influx', database: 'vmstats', outbox } as unknown as Services['influx'];
    const broken = serverInfo({
      databaseDamage: () => 'page 7 is never used',
      isReindexAdvised: async () => true,
      isInfluxLacking: () => true,
    });
    const { url } = await startTestServer({ wrap: (services) => ({ ...services, influx, info: broken }) });
    const { out } = await memoir(url, ['doctor']);
    expect(out).toMatch(/BROKEN +database: page 7 is never used\n +Move it away/);
    expect(out).toMatch(/look +InfluxDB: vmstats at http:\/\/influx lacks records .*\n +.*memoir records sync/);
    const { url: lost } = await startTestServer({
      wrap: (services) => ({ ...services, info: serverInfo({ isReindexAdvised: async () => true }) }),
    });
    expect((await memoir(lost, ['doctor'])).out).toMatch(/look +database: .*empty.*\n +memoir reindex/);
  });

  it('lists artifacts without a record, and removes them only with --yes', async () => {
    const unwanted = { count: 21, sizeBytes: 4096, locations: ['/dumps/\u001b[31mx'] };
    let removals = 0;
    const { url } = await startTestServer({
      wrap: (services) => ({
        ...services,
        dumps: {
          ...services.dumps,
          unwanted,
          async removeUnwanted() {
            removals += 1;
            return unwanted;
          },
        },
      }),
    });
    const listed = await memoir(url, ['artifacts', 'list']);
    expect(listed).toMatchObject({
      code: 0,
      out: '21 artifacts (4.0 KiB) without a record:\n  /dumps/\\u001b[31mx\n  and 20 more\n',
    });
    const refused = await memoir(url, ['artifacts', 'remove']);
    expect([refused.code, refused.out, refused.told]).toEqual([2, listed.out, expect.stringContaining('--yes')]);
    expect(removals).toBe(0);
    expect(await memoir(url, ['artifacts', 'remove', '--yes'])).toMatchObject({
      code: 0,
      out: 'Removed 21 artifacts (4.0 KiB).\n',
    });
    expect(removals).toBe(1);
    const { url: tidy } = await startTestServer({
      wrap: (services) => ({
        ...services,
        dumps: { ...services.dumps, unwanted: { count: 0, sizeBytes: 0, locations: [] } },
      }),
    });
    const nothing = { code: 0, out: 'Every artifact has a record.\n', told: '' };
    expect(await memoir(tidy, ['artifacts', 'remove'])).toEqual(nothing);
  });

  it('names a frozen guest and what helps, and goes on with the others', async () => {
    const { url, hypervisor } = await startTestServer();
    const usual = hypervisor.captureOptions.bind(hypervisor);
    hypervisor.captureOptions = async (asked) => {
      const options = await usual(asked);
      if (asked.name !== 'vm-1') return options;
      const frozen = { code: 'GUEST_FROZEN', reason: 'It is frozen: handle_userfault' } as const;
      const blockers = [
        { method: 'SNAPSHOT', ...frozen },
        { method: 'CORE_DUMP', ...frozen },
      ] as const;
      return { ...options, blockers, automatic: null, automaticReason: frozen.reason };
    };
    const { code, out } = await memoir(url, ['doctor']);
    expect(code).toBe(1);
    expect(out).toMatch(
      /BROKEN +machine vm-1: It is frozen: handle_userfault\n +On its host, run scripts\/thaw-guest\.py/,
    );
    expect(out).toMatch(/look +machine vm-2: SNAPSHOT/);
  });

  it('has an artifact verified, and says what was found', async () => {
    const { url } = await startTestServer();
    const { code, told } = await memoir(url, ['verify', '01900000-0000-7000-8000-000000000000']);
    expect([code, told]).toEqual([1, expect.stringContaining('there is no dump')]);
  });
});
