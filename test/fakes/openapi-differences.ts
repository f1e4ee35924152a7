import { openapi } from '../../src/http/rest/openapi.ts';

export interface Schema {
  readonly $ref?: string;
  readonly properties?: Record<string, Schema>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly additionalProperties?: Schema;
}

/** What an answer has that its OpenAPI description does not, and the other way round. */
export function differences(value: unknown, given: Schema, place: string): string[] {
  const name = given.$ref?.split('/').at(-1) as keyof typeof openapi.components.schemas | undefined;
  const schema: Schema = name === undefined ? given : (openapi.components.schemas[name] as Schema);
  if (Array.isArray(value))
    return value.flatMap((item, index) => differences(item, schema.items ?? {}, `${place}[${index}]`));
  if (typeof value !== 'object' || value === null) return [];
  const { properties, required = [], additionalProperties } = schema;
  if (properties === undefined && additionalProperties === undefined) return [];
  const own = Object.keys(value);
  return [
    ...required.filter((key) => !own.includes(key)).map((key) => `${place}.${key} is missing`),
    ...Object.entries(value).flatMap(([key, inner]) => {
      const known = properties?.[key] ?? additionalProperties;
      return known === undefined ? [`${place}.${key} is not described`] : differences(inner, known, `${place}.${key}`);
    }),
  ];
}
