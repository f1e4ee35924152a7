import { toTagValue } from './tag-text.ts';

/** A typed field: the first write of a field decides its type in the whole table, so it is never guessed from the value. */
export type Field =
  | { readonly type: 'float'; readonly value: number | null }
  | { readonly type: 'integer'; readonly value: number | null }
  | { readonly type: 'string'; readonly value: string | null }
  | { readonly type: 'boolean'; readonly value: boolean | null };

export const float = (value: number | null): Field => ({ type: 'float', value });
export const integer = (value: number | null): Field => ({ type: 'integer', value });
export const string = (value: string | null): Field => ({ type: 'string', value });
export const boolean = (value: boolean | null): Field => ({ type: 'boolean', value });

export interface Point {
  /** Measurement, tag keys and field keys are words of ours: [a-z0-9_]+. Tag values may be anything. */
  readonly measurement: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly fields: Readonly<Record<string, Field>>;
  /** Epoch microseconds: with measurement and tags the identity of the point. */
  readonly timeUs: number;
}

/**
 * One line of the line protocol (docs.influxdata.com, "Line protocol reference"), without the line feed; exactly one point,
 * whatever the values hold. Keys are sorted and time is in nanoseconds, so that equal points are equal bytes. What the
 * protocol cannot say (a number that is not finite) is left out, like null.
 */
export function encodeLine({ measurement, tags, fields, timeUs }: Point): string {
  const tagList = Object.entries(tags)
    .sort(byKey)
    .map(([key, value]) => `,${key}=${toTagValue(value).replace(/[,= ]/g, '\\$&')}`);
  const fieldList = Object.entries(fields)
    .sort(byKey)
    .flatMap(([key, field]) => encodeField(key, field));
  return `${measurement}${tagList.join('')} ${fieldList.join(',')} ${timeUs}000`;
}

function encodeField(key: string, field: Field): string[] {
  if (field.value === null) return [];
  switch (field.type) {
    case 'float':
      return Number.isFinite(field.value) ? [`${key}=${field.value}`] : [];
    case 'integer':
      return Number.isSafeInteger(field.value) ? [`${key}=${field.value}i`] : [];
    case 'string':
      return [`${key}="${field.value.toWellFormed().replace(/["\\]/g, '\\$&')}"`];
    case 'boolean':
      return [`${key}=${field.value}`];
    default:
      return field satisfies never;
  }
}

function byKey([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
