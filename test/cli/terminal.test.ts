import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { ask } from '../fakes/graphql-client.ts';
import { machine } from '../fakes/machines.ts';
import { Screen } from '../fakes/screen.ts';
import { startTestServer } from '../fakes/server.ts';
import { runInTerminal, type TerminalRun, type TerminalStep } from '../fakes/terminal.ts';
import { lacks } from '../system.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const command = (...args: string[]) => [process.execPath, resolve('src/main.ts'), ...args];
const environment = (url: string, home: string) => ({
  PATH: process.env.PATH ?? '',
  HOME: home,
  MEMOIR_URL: url,
  TERM: 'xterm',
  LC_ALL: 'C.UTF-8',
});
const ctrlC = '\u0003';

/** What was on the screen after each drawing, as a person saw it. */
function replay({ output, resizes }: TerminalRun, columns: number): string[][] {
  const screen = new Screen(columns);
  const views: string[][] = [];
  const signs = [...output];
  let offset = 0;
  const writeUpTo = (end: number) => {
    // A drawing begins where the cursor goes up.
    // biome-ignore lint/suspicious/noControlCharactersInRegex: the terminal's own escapes are what it is about.
    const drawing = /(?=\u001b\[\d+A)/u;
    for (const part of signs.slice(offset, end).join('').split(drawing)) {
      screen.write(part);
      views.push(screen.lines);
    }
    offset = end;
  };
  for (const resize of resizes) {
    writeUpTo(resize.offset);
    screen.resize(resize.columns);
  }
  writeUpTo(signs.length);
  return views;
}

/** How many lines of a view begin with this name. */
const linesOf = (view: readonly string[], name: string) => view.filter((line) => line.startsWith(name)).length;

async function open(names: readonly string[]) {
  const machines = names.map((name, index) => machine(index + 1, { name }));
  const server = await startTestServer({ machines, parallel: names.length });
  const folder = temporaryFolder();
  const reached = (mark: string) =>
    vi.waitFor(() => expect(existsSync(mark)).toBe(true), { timeout: 30_000, interval: 10 });
  const show = (args: readonly string[], steps: readonly TerminalStep[], columns: number) =>
    runInTerminal(command(...args), { env: environment(server.url, folder), steps, columns });
  return { server, show, reached, mark: (name: string) => join(folder, name) };
}

describe.skipIf(lacks('python3'))('on a real terminal', { timeout: 90_000 }, () => {
  it('several dumps are a bar each, drawn over, also in a window that becomes narrower and wider', async () => {
    const names = ['web-01', 'db-01', 'mail-01'];
    const { server, show, reached, mark } = await open(names);
    const steps = [
      // The last of the three.
      { until: 'mail-01              ██░░░░░░░░░░░░░░░░░░░░░░  10 %', mark: mark('ten') },
      { resize: 44, mark: mark('narrow') },
      { until: 'mail-01        ███████░░░░░░  50 %', mark: mark('fifty') },
      { resize: 100, mark: mark('wide') },
    ];
    const running = show(['dump', ...names, '--watch'], steps, 80);
    const runs = [await server.dumping.next(), await server.dumping.next(), await server.dumping.next()];
    const advance = (doneBytes: number) => {
      for (const run of runs) run.context.progress({ doneBytes, totalBytes: 100 });
    };
    advance(10);
    await reached(mark('ten'));
    await reached(mark('narrow'));
    advance(50);
    await reached(mark('fifty'));
    await reached(mark('wide'));
    runs[1]?.finish();
    runs[0]?.finish();
    runs[2]?.finish();
    const run = await running;
    expect(run.code).toBe(0);
    const views = replay(run, 80);
    for (const view of views) for (const name of names) expect(linesOf(view, name)).toBeLessThanOrEqual(2);
    const bars = views.filter((view) => view.some((line) => line.includes(' 50 %')));
    expect(bars.length).toBeGreaterThan(0);
    for (const view of bars) for (const name of names) expect(linesOf(view, name)).toBe(1);
    const last = views.at(-1) as string[];
    for (const name of names)
      expect(last.filter((line) => line.startsWith(name))[0]).toMatch(/█{24} 100 % {2}completed/);
    // And the table below the bars.
    expect(last.join('\n')).toMatch(/MACHINE +STATE.*web-01 +COMPLETED/s);
  });

  it('Ctrl-C leaves at once: the bars stay where they were, the dumps go on, and the exit code says so', async () => {
    const { server, show, reached, mark } = await open(['web-01', 'db-01']);
    const steps = [{ until: ' 10 %', mark: mark('ten') }, { send: ctrlC }];
    const running = show(['dump', 'web-01', 'db-01', '--watch'], steps, 80);
    const runs = [await server.dumping.next(), await server.dumping.next()];
    for (const { context } of runs) context.progress({ doneBytes: 10, totalBytes: 100 });
    await reached(mark('ten'));
    const run = await running;
    expect(run.code).toBe(130);
    const last = replay(run, 80).at(-1)?.join('\n') ?? '';
    const ids = runs.map(({ context }) => context.operation.id);
    expect(last.replaceAll('\n', '')).toContain(`left; 2 dumps go on. To end them: memoir cancel ${ids.join(' ')}`);
    for (const { context, finish } of runs) {
      expect(context.signal.aborted).toBe(false);
      finish();
    }
    expect((await server.operations.settled(ids[0] as string)).state).toBe('COMPLETED');
  });

  it('Ctrl-C ends what only follows, and that is no failure', async () => {
    const { server, show } = await open(['web-01']);
    const running = show(['watch', '--after', '0'], [{ until: 'QUEUED' }, { send: ctrlC }], 80);
    await ask(server.url, 'mutation { triggerDumps(input: { machines: { names: ["web-01"] } }) { accepted { id } } }');
    expect((await running).code).toBe(0);
  });

  it('names that a terminal would obey reach it as text, in bars, lists and errors', async () => {
    const evil = '\u001b]0;owned\u0007\u001b[2J\r\u202e\u009b31mroot\n# rm -rf /';
    const { server, show } = await open([evil, 'good']);
    const running = show(['dump', '--all', '--watch'], [], 200);
    const runs = [await server.dumping.next(), await server.dumping.next()];
    for (const { context } of runs) context.progress({ doneBytes: 10, totalBytes: 100 });
    await runs[0]?.context.phase('capturing', `Reading ${evil}`);
    runs[0]?.finish();
    runs[1]?.fail(new Error(evil));
    for (const run of [await running, await show(['vms'], [], 200), await show(['dump', `x${evil}`], [], 200)]) {
      // The screen refuses whatever it should not get.
      const shown = replay(run, 200).at(-1)?.join('\n') ?? '';
      expect(shown).toContain('\\u001b]0;owned\\u0007');
      expect(run.output).not.toMatch(/\u202e|\u009b/u);
    }
  });
});
