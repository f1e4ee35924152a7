import { type GraphQLSchema, isInterfaceType, isObjectType } from 'graphql';

/**
 * What `--json` prints, as the documentation writes it down: `{ id, error?: { code }, kind: 'a' | 'b' }[]`. A field with `?` may be null or
 * absent; names with a capital are types of the schema. Several commands in one line are told apart by a label: `create: {…}; list: Token[]`.
 */
export type Shape =
  | { readonly kind: 'any' }
  | { readonly kind: 'literal'; readonly values: readonly string[] }
  | { readonly kind: 'named'; readonly name: string }
  /** A type of the schema with fields of our own beside its own. */
  | { readonly kind: 'both'; readonly first: Shape; readonly second: Shape }
  | { readonly kind: 'list'; readonly of: Shape }
  | {
      readonly kind: 'object';
      readonly fields: ReadonlyMap<string, { readonly isOptional: boolean; readonly shape: Shape }>;
    };

/** The shapes of a line, by label; one without a label is of ''. */
export function parseShapes(line: string): Map<string, Shape> {
  const shapes = new Map<string, Shape>();
  // Fields that come only with an option are optional.
  const text = line.replace(/… with [^:]+: ([^}]*)/g, (_, fields: string) =>
    fields.replace(/(\w+)(?=\s*(?:,|$|\s*:))\??/g, '$1?').replaceAll('??', '?'),
  );
  for (const part of text.split(/; (?![^{]*\})/)) {
    const [, label = '', body = ''] = /^(?:([^{}']+?): )?(.*)$/s.exec(part) ?? [];
    const parser = new Parser(body);
    for (const name of label.split(/, | and /)) shapes.set(name.replace(/^(a|the) /, ''), parser.shape());
  }
  return shapes;
}

class Parser {
  readonly #tokens: string[];
  #at = 0;
  #parsed: Shape | undefined;

  constructor(text: string) {
    this.#tokens = text.match(/[{}?:,|&]|\[\]|'[^']*'|[\w]+/g) ?? [];
  }

  shape(): Shape {
    this.#parsed ??= this.#type();
    return this.#parsed;
  }

  #type(): Shape {
    let shape = this.#one();
    if (this.#take('&')) shape = { kind: 'both', first: shape, second: this.#one() };
    while (this.#take('[]')) shape = { kind: 'list', of: shape };
    return shape;
  }

  #one(): Shape {
    if (this.#take('{')) return this.#object();
    const token = this.#next();
    if (token.startsWith("'")) {
      const values = [token.slice(1, -1)];
      while (this.#take('|')) values.push(this.#next().slice(1, -1));
      return { kind: 'literal', values };
    }
    return { kind: 'named', name: token };
  }

  #object(): Shape {
    const fields = new Map<string, { isOptional: boolean; shape: Shape }>();
    while (!this.#take('}')) {
      const name = this.#next();
      const isOptional = this.#take('?');
      fields.set(name, { isOptional, shape: this.#take(':') ? this.#type() : { kind: 'any' } });
      this.#take(',');
    }
    return { kind: 'object', fields };
  }

  #next(): string {
    const token = this.#tokens[this.#at++];
    if (token === undefined) throw new Error('the shape ends too early');
    return token;
  }

  #take(token: string): boolean {
    if (this.#tokens[this.#at] !== token) return false;
    this.#at++;
    return true;
  }
}

/** What does not fit, each with its path; empty if all does. */
export function misfits(value: unknown, shape: Shape, schema: GraphQLSchema, path = '$'): string[] {
  if (shape.kind === 'any') return value === undefined ? [`${path} is missing`] : [];
  if (shape.kind === 'literal') return shape.values.includes(value as string) ? [] : [`${path} is ${String(value)}`];
  if (shape.kind === 'list') {
    if (!Array.isArray(value)) return [`${path} is no list`];
    return value.flatMap((one, index) => misfits(one, shape.of, schema, `${path}[${index}]`));
  }
  if (shape.kind === 'both') return misfitsOfBoth(value, shape.first, shape.second, schema, path);
  if (shape.kind === 'named') return misfitsOfName(value, shape.name, schema, path);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [`${path} is no object`];
  const unknown = Object.keys(value).filter((name) => !shape.fields.has(name));
  return [
    ...unknown.map((name) => `${path}.${name} is not documented`),
    ...[...shape.fields].flatMap(([name, field]) => {
      const given = (value as Record<string, unknown>)[name];
      if (given === null || given === undefined) return field.isOptional ? [] : [`${path}.${name} is missing`];
      return misfits(given, field.shape, schema, `${path}.${name}`);
    }),
  ];
}

function misfitsOfBoth(value: unknown, first: Shape, second: Shape, schema: GraphQLSchema, path: string): string[] {
  if (typeof value !== 'object' || value === null || second.kind !== 'object') return [`${path} is no object`];
  const [own, rest]: [Record<string, unknown>, Record<string, unknown>] = [{}, {}];
  for (const [name, one] of Object.entries(value)) (second.fields.has(name) ? own : rest)[name] = one;
  return [...misfits(rest, first, schema, path), ...misfits(own, second, schema, path)];
}

function misfitsOfName(value: unknown, name: string, schema: GraphQLSchema, path: string): string[] {
  if (/^(string|number|boolean)$/.test(name)) return typeof value === name ? [] : [`${path} is no ${name}`];
  const type = schema.getType(name);
  if (!isObjectType(type) && !isInterfaceType(type)) return [`${path}: there is no type ${name}`];
  if (typeof value !== 'object' || value === null) return [`${path} is no ${name}`];
  const fields = type.getFields();
  return Object.keys(value).flatMap((key) => (key in fields ? [] : [`${path}.${key} is no field of ${name}`]));
}
