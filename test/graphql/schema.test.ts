import { readFileSync } from 'node:fs';
import {
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isIntrospectionType,
  isObjectType,
  printSchema,
} from 'graphql';
import { describe, expect, it } from 'vitest';
import { allErrorCodes } from '../../src/domain/error-catalogue.ts';
import { schema } from '../../src/graphql/schema.ts';

describe('the schema', () => {
  it('is what schema.graphql says', () => {
    const printed = readFileSync('schema.graphql', 'utf8');
    expect(printed, 'run `npm run generate`').toBe(`${printSchema(schema)}\n`);
  });

  it('explains every type, field, argument and enum value', () => {
    const silent: string[] = [];
    const check = (name: string, description: string | null | undefined) => {
      if ((description ?? '').trim().length < 5) silent.push(name);
    };
    for (const type of Object.values(schema.getTypeMap())) {
      if (isIntrospectionType(type)) continue;
      check(type.name, type.description);
      if (isEnumType(type))
        for (const value of type.getValues()) check(`${type.name}.${value.name}`, value.description);
      if (isInputObjectType(type)) {
        for (const field of Object.values(type.getFields())) check(`${type.name}.${field.name}`, field.description);
      }
      if (!isObjectType(type) && !isInterfaceType(type)) continue;
      for (const field of Object.values(type.getFields())) {
        check(`${type.name}.${field.name}`, field.description);
        for (const arg of field.args) check(`${type.name}.${field.name}(${arg.name})`, arg.description);
      }
    }
    expect(silent).toEqual([]);
  });

  it('has every error code of the catalogue, and no other', () => {
    const type = schema.getType('ErrorCode');
    expect(isEnumType(type) && type.getValues().map(({ name }) => name)).toEqual(allErrorCodes);
  });
});
