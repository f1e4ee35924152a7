import { describe, expect, it } from 'vitest';
import { formatBytes, formatRate } from '../../client/format/bytes.ts';
import { formatMs, formatSeconds } from '../../client/format/duration.ts';
import { formatAge, formatMoment, startOfDay } from '../../client/format/moment.ts';
import { needsConfirmation, pauseStep } from '../../client/format/pause.ts';
import { plainText } from '../../client/format/plain-text.ts';
import { sentence } from '../../client/format/sentence.ts';

describe('figures for people', () => {
  it.each([
    [0, '0 B'],
    [1, '1 B'],
    [1023, '1023 B'],
    [1024, '1 KiB'],
    [1536, '1.5 KiB'],
    [1048575, '1 MiB'],
    [29672148, '28.3 MiB'],
    [107374182400, '100 GiB'],
    [2 ** 53 - 1, '8 PiB'],
    [null, '–'],
    [undefined, '–'],
    [Number.NaN, '–'],
  ])('%s bytes are %s', (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text);
  });

  it('gives rates by the second, and says when none is known', () => {
    expect(formatRate(134217728)).toBe('128 MiB/s');
    expect(formatRate(null)).toBe('–');
  });

  it.each([
    [0, '0 ms'],
    [0.02, '< 0.1 ms'],
    [2.14, '2.1 ms'],
    [9.96, '10 ms'],
    [447.4, '447 ms'],
    [999.6, '1 s'],
    [1840, '1.84 s'],
    [12_340, '12.3 s'],
    [59_960, '1 min'],
    [75_000, '1 min 15 s'],
    [3_600_000, '1 h'],
    [90_061_000, '1 d 1 h'],
    [null, '–'],
  ])('%s ms are %s', (ms, text) => {
    expect(formatMs(ms)).toBe(text);
  });

  it('gives seconds the same way', () => {
    expect([0, 0.5, 5.23, 59.94, 3599.6].map(formatSeconds)).toEqual(['0 s', '500 ms', '5.23 s', '59.9 s', '1 h']);
  });
});

describe('moments', () => {
  it('read the same in every country, and say when they are UTC', () => {
    expect(formatMoment('2026-11-21T01:25:17.123Z', 'UTC')).toBe('2026-11-21 01:25:17 UTC');
    const local = new Date(2026, 0, 5, 7, 8, 9);
    expect(formatMoment(local.toISOString(), 'LOCAL')).toBe('2026-01-05 07:08:09');
    expect(formatMoment('nonsense', 'UTC')).toBe('–');
  });

  it('have days that begin at midnight of the zone, and nonsense has none', () => {
    expect(startOfDay('2026-11-21', 'UTC')).toBe('2026-11-21T00:00:00.000Z');
    expect(startOfDay('2026-12-31', 'UTC', 1)).toBe('2027-01-01T00:00:00.000Z');
    expect(startOfDay('2026-11-21', 'LOCAL')).toBe(new Date(2026, 10, 21).toISOString());
    expect(startOfDay('yesterday', 'UTC')).toBeNull();
  });

  it('have ages, and what clocks that disagree call the future is now', () => {
    const now = Date.parse('2026-11-21T12:00:00Z');
    const ages = [now + 5000, now - 4000, now - 59_000, now - 3_599_000, now - 86_399_000, now - 86_400_000 * 3];
    expect(ages.map((at) => formatAge(at, now))).toEqual([
      'just now',
      'just now',
      '59 s ago',
      '59 min ago',
      '23 h ago',
      '3 d ago',
    ]);
  });
});

describe('pauses', () => {
  it('are on a scale of tens', () => {
    expect([0, 9.9, 10, 99, 100, 1000, 10_000, 1e9, null].map(pauseStep)).toEqual([0, 0, 1, 1, 2, 3, 4, 4, null]);
  });

  it('that are long or unknown have to be confirmed', () => {
    expect([2, 99, 100, 8000, null].map(needsConfirmation)).toEqual([false, false, true, true, true]);
  });
});

describe('text of strangers', () => {
  it('shows control characters and turns of direction instead of obeying them', () => {
    expect(plainText('a\u0000b\nc\u001b[31m')).toBe('a␀b␊c␛[31m');
    expect(plainText('x\u202egpj.exe')).toBe('x⟨U+202E⟩gpj.exe');
    expect(plainText('\u007f\u0085\u200b')).toBe('␡⟨U+0085⟩⟨U+200B⟩');
  });

  it('is otherwise left as it is', () => {
    for (const name of ['web-01', '<img src=x onerror=alert(1)>', 'مرحبا', '日本', '🦊'])
      expect(plainText(name)).toBe(name);
  });

  it('becomes a sentence', () => {
    expect(sentence('the machine is paused')).toBe('The machine is paused.');
    expect(sentence('Really?')).toBe('Really?');
    expect(sentence('')).toBe('');
  });
});
