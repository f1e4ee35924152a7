import { readFileSync } from 'node:fs';
import { isEnumType, isInputObjectType, isInterfaceType, isIntrospectionType, isObjectType } from 'graphql';
import { describe, expect, it } from 'vitest';
import { allErrorCodes } from '../../src/domain/error-catalogue.ts';
import { dumpType, reindexType, syncType, verifyType } from '../../src/dumps/operation-types.ts';
import { operationKinds } from '../../src/graphql/operation-kinds.ts';
import { printAnnotated } from '../../src/graphql/print.ts';
import { schema } from '../../src/graphql/schema.ts';
import { heapCaptureType, heapVerifyType } from '../../src/heaps/operation-types.ts';
import {
  attachType,
  createType,
  deleteType,
  detachType,
  exportType,
  formatType,
  resizeType,
  unexportType,
} from '../../src/volumes/operation-types.ts';

describe('the schema', () => {
  it('is what schema.graphql says', () => {
    const printed = readFileSync('schema.graphql', 'utf8');
    expect(printed, 'run `npm run generate`').toBe(printAnnotated(schema));
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

  it('has every kind of operation of this version, and one type for each', () => {
    const changes = [createType, attachType, detachType, deleteType, resizeType];
    const volumeTypes = [...changes, exportType, unexportType, formatType];
    const known = [dumpType, verifyType, reindexType, syncType, ...volumeTypes, heapCaptureType, heapVerifyType].map(
      ({ name }) => name,
    );
    expect(Object.keys(operationKinds)).toEqual([...known, 'OTHER']);
    const types = [...new Set(Object.values(operationKinds).map(({ type }) => type))];
    const operation = schema.getType('Operation');
    const implementations = isInterfaceType(operation)
      ? schema.getPossibleTypes(operation).map(({ name }) => name)
      : [];
    expect(implementations.toSorted()).toEqual(types.toSorted());
  });

  it('says of every root field which role it needs, and of deeds that need more', () => {
    const description = (type: string, field: string) => {
      const found = schema.getType(type);
      return isObjectType(found) ? found.getFields()[field]?.description : undefined;
    };
    for (const root of ['Query', 'Mutation', 'Subscription']) {
      const type = schema.getType(root);
      for (const name of Object.keys(isObjectType(type) ? type.getFields() : {}))
        expect(description(root, name), name).toMatch(/ Needs the role (VIEWER|OPERATOR|ADMIN)\.$/);
    }
    expect(description('Query', 'vms')).toContain('VIEWER');
    expect(description('Mutation', 'triggerDumps')).toContain('OPERATOR');
    expect(description('Mutation', 'deleteDump')).toContain('ADMIN');
  });

  it('says what its scalars are by a specification', () => {
    for (const name of ['DateTime', 'ByteCount'])
      expect(schema.getType(name)).toMatchObject({ specifiedByURL: expect.stringContaining('https://') });
  });

  it('has every error code of the catalogue, and no other', () => {
    const type = schema.getType('ErrorCode');
    expect(isEnumType(type) && type.getValues().map(({ name }) => name)).toEqual(allErrorCodes);
  });
});
