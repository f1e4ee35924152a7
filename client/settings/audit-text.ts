import { plainText } from '../format/plain-text.ts';

/** `triggerDumps` → `Trigger dumps`. */
export function actionLabel(action: string): string {
  const words = action.replace(
    /([a-z0-9])([A-Z])/g,
    (_, before: string, next: string) => `${before} ${next.toLowerCase()}`,
  );
  return plainText(words.charAt(0).toUpperCase() + words.slice(1));
}

/** The arguments of an audited call, written in JSON, as `vms: web-01, web-02; method: AUTO`. What is off or empty is left out. */
export function detailsText(json: string): string {
  try {
    return plainText(parts(JSON.parse(json)).join('; '));
  } catch {
    return plainText(json);
  }
}

function parts(value: unknown, name = ''): string[] {
  if (value === null || value === undefined || value === false || value === '') return [];
  if (Array.isArray(value)) return value.length === 0 ? [] : [label(name, value.map(text).join(', '))];
  // What an input holds is what was said; that it was called `input` is not.
  if (typeof value === 'object') return Object.entries(value).flatMap(([key, inner]) => parts(inner, key));
  return [value === true ? name : label(name, String(value))];
}

const text = (value: unknown): string => (typeof value === 'object' ? JSON.stringify(value) : String(value));
const label = (name: string, value: string): string => (name === '' ? value : `${name}: ${value}`);
