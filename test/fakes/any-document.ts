import {
  type GraphQLField,
  getNullableType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isScalarType,
} from 'graphql';

type Type = Parameters<typeof getNullableType>[0];

/** Some literal that the type accepts. */
function literal(given: Type): string {
  const type = getNullableType(given);
  if (isListType(type)) return `[${literal(type.ofType as Type)}]`;
  if (isEnumType(type)) return type.getValues()[0]?.name ?? '';
  if (isInputObjectType(type)) {
    const [first] = Object.values(type.getFields());
    if (type.isOneOf && first) return `{ ${first.name}: ${literal(first.type as Type)} }`;
    const required = Object.values(type.getFields()).filter(
      (field) => isNonNullType(field.type) && field.defaultValue === undefined,
    );
    return `{ ${required.map((field) => `${field.name}: ${literal(field.type as Type)}`).join(', ')} }`;
  }
  if (isScalarType(type)) return { Int: '1', Boolean: 'true', Float: '1.0', ByteCount: '1' }[type.name] ?? '"x"';
  return '""';
}

/** A request for a root field, with some literal for each argument that it must have. */
export function anyDocument(root: string, field: GraphQLField<unknown, unknown>): string {
  const args = field.args.filter((arg) => isNonNullType(arg.type) && arg.defaultValue === undefined);
  const given = args.map((arg) => `${arg.name}: ${literal(arg.type as Type)}`).join(', ');
  return `${root.toLowerCase()} { ${field.name}${given && `(${given})`} { __typename } }`;
}
