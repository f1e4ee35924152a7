import {
  type GraphQLField,
  type GraphQLInputType,
  type GraphQLOutputType,
  getNamedType,
  getNullableType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isObjectType,
} from 'graphql';
import { schema } from '../../src/graphql/schema.ts';

/** Answers a whole number below its argument. */
type Random = (below: number) => number;

const pick = <T>(random: Random, values: readonly T[]): T => values[random(values.length)] as T;

/** A query that is valid by the schema: some of the fields, some of the arguments, values of the right type. */
export function randomQuery(random: Random, texts: readonly string[]): string {
  const fields = Object.values(schema.getQueryType()?.getFields() ?? {});
  const some = Array.from(
    { length: 1 + random(2) },
    (_, index) => `r${index}: ${selection(random, pick(random, fields), texts, 0)}`,
  );
  return `{ ${some.join(' ')} }`;
}

function selection(
  random: Random,
  field: GraphQLField<unknown, unknown>,
  texts: readonly string[],
  depth: number,
): string {
  const given = field.args.filter(
    ({ type, defaultValue }) => (isNonNullType(type) && defaultValue === undefined) || random(4) === 0,
  );
  const args = given.map(({ name, type }) => `${name}: ${literal(random, type, texts)}`).join(', ');
  return `${field.name}${args && `(${args})`}${body(random, field.type, texts, depth)}`;
}

function body(random: Random, type: GraphQLOutputType, texts: readonly string[], depth: number): string {
  const named = getNamedType(type);
  if (!isObjectType(named)) return '';
  const leaf = (field: GraphQLField<unknown, unknown>) => !isObjectType(getNamedType(field.type));
  const all = Object.values(named.getFields());
  const fields = all.filter((field) => (depth < 4 || leaf(field)) && random(3) > 0);
  const chosen = fields.length > 0 ? fields.slice(0, 8) : all.filter(leaf).slice(0, 1);
  const inner = chosen.map((field) => selection(random, field, texts, depth + 1));
  return ` { ${['__typename', ...inner].join(' ')} }`;
}

function literal(random: Random, given: GraphQLInputType, texts: readonly string[]): string {
  const type = getNullableType(given);
  if (!isNonNullType(given) && random(8) === 0) return 'null';
  if (isListType(type))
    return `[${Array.from({ length: random(3) }, () => literal(random, type.ofType, texts))
      .filter((text) => text !== 'null')
      .join(', ')}]`;
  if (isEnumType(type)) return pick(random, type.getValues()).name;
  if (isInputObjectType(type)) {
    const fields = Object.values(type.getFields()).filter((field) => isNonNullType(field.type) || random(2) === 0);
    return `{ ${fields.map((field) => `${field.name}: ${literal(random, field.type, texts)}`).join(', ')} }`;
  }
  switch (getNamedType(type).name) {
    case 'Int':
      return String(pick(random, [-1, 0, 1, 2, 50, 1000, 1001, 2147483647]));
    case 'Float':
      return '1.5';
    case 'Boolean':
      return String(random(2) === 0);
    case 'DateTime':
      return pick(random, ['"2025-11-14"', '"2025-11-14T08:58:30.123456Z"', '"1970-01-01T00:00:00Z"']);
    case 'ByteCount':
      return '1024';
    default:
      return JSON.stringify(pick(random, texts));
  }
}

/** The same with some of its words left out, doubled, swapped or put in: nearly always nonsense. */
export function broken(random: Random, query: string): string {
  const words = query.split(/(?<=[{}():,\s])|(?=[{}():,])/);
  for (let count = 1 + random(3); count > 0; count--) {
    const at = random(words.length);
    const change = random(4);
    if (change === 0) words.splice(at, 1);
    if (change === 1) words.splice(at, 0, words[at] ?? '');
    if (change === 2)
      words.splice(
        at,
        0,
        pick(random, ['"', '{', '}', '...', '@x', '$y', '\u0000', '💥', 'null', '-1e999', '"""', 'fragment F on Vm']),
      );
    if (change === 3) [words[at], words[random(words.length)]] = [words[random(words.length)] ?? '', words[at] ?? ''];
  }
  return words.join('');
}
