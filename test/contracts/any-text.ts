import fc from 'fast-check';

/**
 * Any character that Unicode has or may have, also halves of pairs: what `unit: 'binary'` is, but that one lists all 1.1 million of
 * them before it draws the first.
 */
const anyCharacter = fc.integer({ min: 0, max: 0x10ffff }).map((code) => String.fromCodePoint(code));

export const anyText = (lengths: { readonly minLength?: number; readonly maxLength?: number } = {}) =>
  fc.string({ unit: anyCharacter, ...lengths });
