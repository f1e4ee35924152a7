// A strict reader of the line protocol, written from its reference (docs.influxdata.com, "Line protocol reference") and
// independent of the encoder in src/: what it accepts is what a server stores.

export type StoredValue = string | number | bigint | boolean;

export interface ParsedField {
  readonly type: 'float' | 'integer' | 'uinteger' | 'string' | 'boolean';
  readonly value: StoredValue;
}

export interface ParsedLine {
  readonly measurement: string;
  readonly tags: ReadonlyMap<string, string>;
  readonly fields: ReadonlyMap<string, ParsedField>;
  /** Nanoseconds; null if the line has none. */
  readonly time: bigint | null;
}

export interface LineFailure {
  readonly text: string;
  readonly number: number;
  readonly message: string;
}

/** Cuts at line feeds that are not inside of a string field. */
export function splitLines(body: string): string[] {
  const lines: string[] = [];
  let start = 0;
  let quoted = false;
  let afterSpace = false;
  for (let at = 0; at < body.length; at += 1) {
    const character = body[at];
    if (character === '\\') at += 1;
    else if (character === ' ' && !quoted) afterSpace = true;
    else if (character === '"' && afterSpace) quoted = !quoted;
    else if (character === '\n' && !quoted) {
      lines.push(body.slice(start, at));
      start = at + 1;
      afterSpace = false;
    }
  }
  lines.push(body.slice(start));
  return lines.filter((line) => line.trim() !== '' && !line.startsWith('#'));
}

export function parseLine(line: string): ParsedLine {
  let at = 0;
  /** Reads up to an unescaped character of `ends`; a backslash makes the specials that follow it plain. */
  const read = (ends: string, specials: string): string => {
    let text = '';
    while (at < line.length && !ends.includes(line[at] as string)) {
      if (line[at] === '\n') throw new Error('unexpected end of line');
      if (line[at] === '\\' && specials.includes(line[at + 1] ?? '\0')) at += 1;
      text += line[at];
      at += 1;
    }
    return text;
  };
  const expect = (character: string) => {
    if (line[at] !== character) throw new Error(`expected "${character}" at ${at}`);
    at += 1;
  };

  const measurement = read(', ', ', \\');
  if (measurement === '') throw new Error('no measurement');
  const tags = new Map<string, string>();
  while (line[at] === ',') {
    at += 1;
    const key = read('=, ', '=, \\');
    expect('=');
    const value = read('=, ', '=, \\');
    if (key === '' || value === '') throw new Error('Tag Set Malformed');
    if (tags.has(key)) throw new Error(`the tag ${key} is there twice`);
    if (line[at] === '=') throw new Error('a tag value holds an unescaped "="');
    tags.set(key, value);
  }
  expect(' ');
  const fields = new Map<string, ParsedField>();
  for (;;) {
    const key = read('=, ', '=, \\');
    if (key === '' || line[at] !== '=') throw new Error('No fields were provided');
    at += 1;
    fields.set(key, line[at] === '"' ? readString() : readPlain(read(', ', '')));
    if (line[at] !== ',') break;
    at += 1;
  }
  let time: bigint | null = null;
  if (at < line.length) {
    expect(' ');
    const digits = line.slice(at);
    if (!/^-?\d+$/.test(digits)) throw new Error(`not a timestamp: ${digits}`);
    time = BigInt(digits);
  }
  return { measurement, tags, fields, time };

  function readString(): ParsedField {
    at += 1;
    let value = '';
    for (;;) {
      const character = line[at];
      if (character === undefined) throw new Error('a string has no end');
      at += 1;
      if (character === '"') return { type: 'string', value };
      if (character === '\\' && (line[at] === '"' || line[at] === '\\')) {
        value += line[at];
        at += 1;
      } else value += character;
    }
  }
}

function readPlain(text: string): ParsedField {
  if (/^[+-]?\d+i$/.test(text)) {
    const value = BigInt(text.slice(0, -1));
    if (BigInt.asIntN(64, value) !== value) throw new Error(`Unable to parse integer value '${text.slice(0, -1)}'`);
    return { type: 'integer', value };
  }
  if (/^\d+u$/.test(text)) return { type: 'uinteger', value: BigInt(text.slice(0, -1)) };
  if (/^(t|T|true|True|TRUE)$/.test(text)) return { type: 'boolean', value: true };
  if (/^(f|F|false|False|FALSE)$/.test(text)) return { type: 'boolean', value: false };
  if (/^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(text)) return { type: 'float', value: Number(text) };
  // Which is how the server says it.
  throw new Error('No fields were provided');
}
