import { describe, expect, it } from 'vitest';
import { LibvirtError } from '../../../src/libvirt/error.ts';
import { SilentGuests } from '../../../src/machines/libvirt/link/silent-guests.ts';

const late = new LibvirtError('TIMEOUT', 'no answer');

/** A question that is given up; resolves with what says that libvirt is done with it after all. */
async function giveUp(silent: SilentGuests, uuid: string, error: unknown = late): Promise<() => void> {
  let done: () => void = () => undefined;
  const question = silent.ask(uuid, async (over) => {
    done = over;
    throw error;
  });
  await expect(question).rejects.toBe(error);
  return done;
}

describe('a guest that owes an answer', () => {
  it('is asked nothing until it has given it', async () => {
    const silent = new SilentGuests();
    expect(silent.has('one')).toBe(false);
    const over = await giveUp(silent, 'one');
    expect(silent.has('one')).toBe(true);
    let asked = false;
    const next = silent.ask('one', async () => {
      asked = true;
    });
    await expect(next).rejects.toMatchObject({ code: 'TIMEOUT', message: expect.stringContaining('not asked') });
    expect(asked).toBe(false);
    over();
    expect(silent.has('one')).toBe(false);
    expect(await silent.ask('one', async () => 'here')).toBe('here');
  });

  it('is no other guest', async () => {
    const silent = new SilentGuests();
    await giveUp(silent, 'one');
    expect(silent.has('two')).toBe(false);
    expect(await silent.ask('two', async () => 'here')).toBe('here');
  });

  it('owes as many as were given up', async () => {
    const silent = new SilentGuests();
    // Both were asked before either was given up.
    const first = Promise.withResolvers<never>();
    const overs: (() => void)[] = [];
    const questions = [0, 1].map(() =>
      silent.ask('one', (over) => {
        overs.push(over);
        return first.promise;
      }),
    );
    first.reject(late);
    for (const question of questions) await expect(question).rejects.toBe(late);
    overs[0]?.();
    expect(silent.has('one')).toBe(true);
    overs[1]?.();
    expect(silent.has('one')).toBe(false);
  });

  it('still owes what was given up when it answers another question that was asked at the same time', async () => {
    const silent = new SilentGuests();
    const [first, second] = [Promise.withResolvers<never>(), Promise.withResolvers<string>()];
    let over: () => void = () => undefined;
    const questions = [
      silent.ask('one', (done) => {
        over = done;
        return first.promise;
      }),
      silent.ask('one', (done) => second.promise.finally(done)),
    ];
    first.reject(late);
    await expect(questions[0]).rejects.toBe(late);
    second.resolve('here');
    expect(await questions[1]).toBe('here');
    expect(silent.has('one')).toBe(true);
    over();
    expect(silent.has('one')).toBe(false);
  });

  it('owes nothing where libvirt was done with the question before it was given up', async () => {
    const silent = new SilentGuests();
    const question = silent.ask('one', async (over) => {
      over();
      throw late;
    });
    await expect(question).rejects.toBe(late);
    expect(silent.has('one')).toBe(false);
  });

  it('owes nothing after a refusal, a failure of ours or an answer', async () => {
    const silent = new SilentGuests();
    for (const error of [
      new LibvirtError('NO_DOMAIN', 'gone'),
      Object.assign(new Error('ours'), { code: 'TIMEOUT' }),
    ]) {
      const over = await giveUp(silent, 'one', error);
      over();
      expect(silent.has('one')).toBe(false);
    }
    await silent.ask('one', async (over) => over());
    expect(silent.has('one')).toBe(false);
  });
});
