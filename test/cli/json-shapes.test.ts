import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { jsonShapes } from '../../src/cli/json-shapes.ts';
import { schema } from '../../src/graphql/schema.ts';
import { memoir } from '../fakes/command-line.ts';
import { startTestServer } from '../fakes/server.ts';
import { misfits, parseShapes } from '../fakes/shape.ts';
import { startServer } from '../server-process.ts';
import { temporaryFolder } from '../temporary-folder.ts';

/** What a command printed against what is documented of it; `label` where a command has several forms. */
function misfitsOf(out: string, command: string, label = ''): string[] {
  const shapes = parseShapes(jsonShapes[command] ?? '');
  const shape = shapes.get(label);
  if (shape === undefined) return [`nothing is documented of ${command} ${label} (${[...shapes.keys()].join(', ')})`];
  return misfits(JSON.parse(out), shape, schema);
}

describe('what --json prints', () => {
  const printed = new Map<string, string[]>();

  it('is refused by the judge of this test where a field is too many, missing, or of another kind', () => {
    const shape = parseShapes("{ id, error?: { code }, kind: 'a' | 'b' }[]").get('');
    const judge = (value: unknown) => (shape === undefined ? [] : misfits(value, shape, schema));
    expect(judge([{ id: '1', kind: 'a', error: null }])).toEqual([]);
    expect(judge([{ id: '1', kind: 'c' }])).toEqual(['$[0].kind is c']);
    expect(judge([{ kind: 'a', error: {}, more: 1 }])).toEqual([
      '$[0].more is not documented',
      '$[0].id is missing',
      '$[0].error.code is missing',
    ]);
  });

  it('of a server with dumps, schedules, policies, hooks and tokens is what is documented, command by command', async () => {
    const server = await startTestServer();
    const { url } = server;
    const check = async (command: string, args: readonly string[], label = '', more = {}) => {
      const { out, told } = await memoir(url, ['--json', ...args], more);
      if (out === '') throw new Error(`memoir ${args.join(' ')}: ${told}`);
      const found = misfitsOf(out, command, label);
      printed.set(`${command} ${label}`.trim(), found);
      return JSON.parse(out);
    };
    await check('vms', ['vms']);
    const { accepted } = await check('dump', ['dump', 'vm-1', 'nobody']);
    const [{ id }] = accepted;
    const run = await server.dumping.next();
    await check('dumps', ['dumps', '--active']);
    await check('show', ['show', id]);
    await check('cancel', ['cancel', id]);
    run.fail(new Error('ended'));
    const watching = memoir(url, ['--json', 'dump', 'vm-2', '--watch']);
    (await server.dumping.next()).finish();
    printed.set('dump --watch', misfitsOf((await watching).out, 'dump'));
    await check('delete', ['delete', id, '--yes']);
    await check('schedules', ['schedules', 'add', 'nightly', '--cron', '0 2 * * *'], 'others');
    await check('schedules', ['schedules'], '');
    await check('schedules', ['schedules', 'due', '--cron', '0 2 * * *'], 'due');
    await check('retention', ['retention']);
    await check('retention', ['retention', '--yes'], '--yes');
    await check('records', ['records']);
    await check('stats', ['stats']);
    const hook = await check('hooks', ['hooks', 'create', 'ops', 'http://127.0.0.1:9/'], 'create');
    await check('hooks', ['hooks']);
    await check('hooks', ['hooks', 'test', hook.name ?? 'ops'], 'test');
    await check('hooks', ['hooks', 'deliveries'], 'deliveries');
    await check('alerts', ['alerts']);
    await check('audit', ['audit']);
    await check('doctor', ['doctor']);
    await check('token', ['token', 'create', 'root', '--role', 'admin'], 'create').then(async ({ secret }) => {
      await check('token', ['token', 'list'], 'list', { token: secret });
    });
    const wrong = [...printed].filter(([, found]) => found.length > 0);
    expect(Object.fromEntries(wrong)).toEqual({});
  });

  it('of files and folders is what is documented too', { timeout: 180_000 }, async () => {
    const folder = temporaryFolder();
    const server = await startServer(folder);
    const ask = async (...args: string[]) => (await memoir(server.url, ['--json', ...args], { dataDir: folder })).out;
    const { accepted } = JSON.parse(await ask('dump', 'web-01', '--watch'));
    const [{ id, dump }] = accepted;
    const file = join(folder, 'copy.elf.zst');
    const outputs: [string, string, string][] = [
      ['download', '', await ask('download', id, '--output', file)],
      ['verify', 'dump', await ask('verify', id)],
      ['verify', 'file', await ask('verify', dump.dumpPath)],
      ['inspect', '', await ask('inspect', dump.dumpPath)],
      ['extract', '', await ask('extract', dump.dumpPath, '--output', join(folder, 'image.elf'))],
      ['records', '', await ask('records')],
      ['hold', '', await ask('hold', id, '--reason', 'evidence')],
      ['backup', '', await ask('backup', join(folder, 'backup'))],
      ['reindex', '', await ask('reindex')],
    ];
    const wrong = outputs.flatMap(([command, label, out]) =>
      misfitsOf(out, command, label).map((found) => `${command}: ${found}`),
    );
    expect(wrong).toEqual([]);
  });

  it('is documented of every command that prints results', () => {
    const lines = Object.values(jsonShapes).filter((line) => !line.startsWith('OperationEvent'));
    for (const line of lines) expect(parseShapes(line).size).toBeGreaterThan(0);
  });
});
