import {
  type FieldDefinitionNode,
  type GraphQLSchema,
  isObjectType,
  Kind,
  parse,
  print,
  printSchema,
  visit,
} from 'graphql';

const definition = `
"""
The field is null only together with an error of its own: clients that throw on errors may take it as non-null.
"""
directive @semanticNonNull(levels: [Int!]! = [0]) on FIELD_DEFINITION
`;

const directive = { kind: Kind.DIRECTIVE, name: { kind: Kind.NAME, value: 'semanticNonNull' } } as const;

/** The schema as schema.graphql has it: with `@semanticNonNull`, which the printer of graphql-js cannot know. */
export function printAnnotated(schema: GraphQLSchema): string {
  const document = visit(parse(`${definition}${printSchema(schema)}`), {
    ObjectTypeDefinition: (type) => ({
      ...type,
      fields: type.fields?.map((field) => (failsAlone(schema, type.name.value, field) ? annotate(field) : field)),
    }),
  });
  return `${print(document)}\n`;
}

const annotate = (field: FieldDefinitionNode) => ({ ...field, directives: [...(field.directives ?? []), directive] });

function failsAlone(schema: GraphQLSchema, typeName: string, { name }: FieldDefinitionNode): boolean {
  const type = schema.getType(typeName);
  return isObjectType(type) && type.getFields()[name.value]?.extensions.semanticNonNull === true;
}
