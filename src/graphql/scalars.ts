import { GraphQLError } from 'graphql';
import { builder } from './builder.ts';

builder.scalarType('ByteCount', {
  specifiedByURL: 'https://www.rfc-editor.org/rfc/rfc7493#section-2.2',
  description: 'A whole number of bytes, sent as a JSON number. Exact up to 2^53 - 1 (8 PiB).',
  serialize: (value) => {
    if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`not a number of bytes: ${value}`);
    return value;
  },
  parseValue: (value) => {
    if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
    throw new GraphQLError('ByteCount must be a whole number from 0 to 9007199254740991');
  },
});

/** ISO 8601 with a zone, or a date alone (midnight UTC): what cannot be misread. */
const moment = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d))?$/;

builder.scalarType('DateTime', {
  specifiedByURL: 'https://www.rfc-editor.org/rfc/rfc3339',
  description:
    'A moment: ISO 8601 in UTC, with milliseconds or microseconds. As input, any zone is accepted (2025-11-14T09:58:30+01:00), and a date alone means its midnight in UTC.',
  serialize: (ms) => {
    const whole = Math.floor(ms);
    const text = new Date(whole).toISOString();
    const micros = Math.round((ms - whole) * 1000);
    return micros === 0 ? text : `${text.slice(0, -1)}${String(micros).padStart(3, '0')}Z`;
  },
  parseValue: (value) => {
    const text = typeof value === 'string' && moment.test(value) ? value : '';
    const ms = Date.parse(text);
    if (Number.isNaN(ms) || !isDay(text))
      throw new GraphQLError('DateTime must be ISO 8601 with a zone, like 2025-11-14T08:58:30Z');
    return ms + beyondMilliseconds(text);
  },
});

/** Whether the calendar has the day that a text begins with: Date.parse takes 2027-02-30 for the second of March. */
function isDay(text: string): boolean {
  const day = text.slice(0, 10);
  const ms = Date.parse(day);
  return !Number.isNaN(ms) && new Date(ms).toISOString().startsWith(day);
}

/** Digits that Date.parse drops, as a fraction of a millisecond. */
function beyondMilliseconds(text: string): number {
  const digits = /\.\d{3}(\d{1,6})/.exec(text)?.[1] ?? '0';
  return Math.trunc(Number(digits.padEnd(6, '0')) / 1000) / 1000;
}
