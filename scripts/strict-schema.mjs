// The schema as our own clients generate from it. They take no answer that holds an error, neither one of GraphQL's nor one of a
// payload: so a field that is null only together with an error (@semanticNonNull, fields of payloads) is never null for them.
import { readFile } from 'node:fs/promises';
import { Kind, parse, visit } from 'graphql';

const strict = (field) =>
  field.type.kind === Kind.NON_NULL_TYPE ? field : { ...field, type: { kind: Kind.NON_NULL_TYPE, type: field.type } };
const failsAlone = ({ directives }) => directives?.some(({ name }) => name.value === 'semanticNonNull') === true;

// biome-ignore lint/style/noDefaultExport: graphql-codegen takes a loader's default export.
export default async function load(file) {
  return visit(parse(await readFile(file, 'utf8')), {
    ObjectTypeDefinition: (type) => ({
      ...type,
      fields: type.fields.map((field) =>
        type.name.value.endsWith('Payload') || failsAlone(field) ? strict(field) : field,
      ),
    }),
  });
}
