import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { limitMemory, makeCgroup } from '../fakes/cgroup.ts';
import { openHeapWorld } from '../fakes/heap-world.ts';
import { startLeakingService } from '../fakes/leaking-service.ts';

const { signal } = new AbortController();
const mebibyte = 2 ** 20;

describe('a service under a tight limit of memory', () => {
  it('is refused with the figures and lives; by force the kernel kills it, and that is told', async (context) => {
    const cgroup = makeCgroup('memory');
    if (cgroup === null) return context.skip('no cgroup may be made here');
    const service = await startLeakingService();
    limitMemory(cgroup, service.pid, 160 * mebibyte);
    await service.say('150000');
    const { heaps, operations } = await openHeapWorld();
    const target = String(service.pid);

    const options = await heaps.options(target, signal);
    expect(options).toMatchObject({ enough: false, limitedBy: 'cgroup' });
    const refused = await heaps.capture({ target }, 'tester');
    const { error } = await operations.settled(refused.id);
    expect(error).toMatchObject({ code: 'TARGET_MEMORY' });
    expect(error?.message).toMatch(/may need \d+ MB, and its memory limit leaves \d+ MB/);
    expect(await service.say('0')).toBe('150000');

    const gone = once(service.process, 'exit');
    const forced = await heaps.capture({ target, force: true }, 'tester');
    const ended = await operations.settled(forced.id);
    expect(await gone).toEqual([null, 'SIGKILL']);
    expect(ended.error).toMatchObject({ code: 'TARGET_OUT_OF_MEMORY', details: { exitCode: 137 } });
    expect(ended.error?.message).toMatch(
      /killed the process for its memory .*\(exit code 137\), as was to be feared: .* MB/,
    );
    expect(await heaps.captures({ limit: 50 })).toEqual([]);
  });
});

describe('a service that is captured', () => {
  it('answers before and after, and the stall in between was announced', async () => {
    const service = await startLeakingService();
    await service.say('100000');
    const { heaps, operations } = await openHeapWorld();
    const { warnings, expectedStallMs } = await heaps.options(String(service.pid), signal);
    expect(warnings.join('\n')).toMatch(/will not answer for about \d/);
    let longestMs = 0;
    let answers = 0;
    let over = false;
    const asking = (async () => {
      while (!over) {
        const asked = performance.now();
        expect(await service.say('0')).toBe('100000');
        longestMs = Math.max(longestMs, performance.now() - asked);
        answers++;
      }
    })();
    const started = await heaps.capture({ target: String(service.pid) }, 'tester');
    const announced: string[] = [];
    for await (const { operation } of await operations.watchProgress({ ids: [started.id] })) {
      if (operation.phase === 'capturing') announced.push(operation.message ?? '');
    }
    over = true;
    await asking;
    expect(announced.join('\n')).toMatch(/does not respond for about \d/);
    const [capture] = await heaps.captures({ limit: 50 });
    process.stdout.write(
      `stall seen from outside: ${Math.round(longestMs)} ms, announced ${expectedStallMs} ms, captured in ${capture?.stallMs} ms, ${answers} answers\n`,
    );
    expect(answers).toBeGreaterThan(2);
    expect(await service.say('1')).toBe('100001');
  });
});
