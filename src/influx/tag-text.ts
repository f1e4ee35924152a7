// A tag value of the line protocol cannot hold a backslash before a delimiter, a control character or nothing at all: the
// line would be cut, or mean something else. Such names are written with the pictures that Unicode has for these characters
// (U+2400 to U+2421 for controls, U+FF3C for the backslash), so that people who read the tag elsewhere see what is meant; the
// picture itself, should a name hold one, follows U+2426. Every other name is the tag as it is.

const pictureOf = new Map<string, string>([['\\', '\uff3c']]);
for (let code = 0; code < 0x20; code += 1) pictureOf.set(String.fromCharCode(code), String.fromCharCode(0x2400 + code));
pictureOf.set('\x7f', '\u2421');
const picturedBy = new Map([...pictureOf].map(([character, picture]) => [picture, character]));

const mark = '\u2426';
const nothing = '\u2422';
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters that a tag cannot hold.
const replaced = /[\x00-\x1f\x7f\\]/g;
const pictures = /[\u2400-\u2422\u2426\uff3c]/g;
const encoded = /\u2426(.)|[\u2400-\u2421\uff3c]/gu;

/** Any text as a tag value that every server takes: reversible by `fromTagValue`, unchanged where nothing stands against it. */
export function toTagValue(text: string): string {
  if (text === '') return nothing;
  return text
    .toWellFormed()
    .replace(pictures, (picture) => mark + picture)
    .replace(replaced, (character) => pictureOf.get(character) ?? '');
}

export function fromTagValue(tag: string): string {
  if (tag === nothing) return '';
  return tag.replace(encoded, (found, kept: string | undefined) => kept ?? picturedBy.get(found) ?? found);
}
