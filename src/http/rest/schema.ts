// The parts that the OpenAPI description is written with.

export const text = (description: string) => ({ type: 'string', description });
export const number = (description: string) => ({ type: 'number', description });
export const whole = (description: string) => ({ type: 'integer', description });
export const orNull = <T extends { type: string }>(schema: T) => ({ ...schema, type: [schema.type, 'null'] });
export const list = (items: object, description: string) => ({ type: 'array', items, description });
export const ref = (name: string) => ({ $ref: `#/components/schemas/${name}` });
export const object = (properties: Record<string, object>, optional: readonly string[] = []) => ({
  type: 'object',
  properties,
  required: Object.keys(properties).filter((name) => !optional.includes(name)),
});

export const json = (schema: object) => ({ 'application/json': { schema } });
export const parameter = (name: string, place: 'query' | 'path', schema: object, description: string) => ({
  name,
  in: place,
  required: place === 'path',
  schema,
  description,
});
