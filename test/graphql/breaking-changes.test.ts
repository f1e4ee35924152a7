import { readFileSync } from 'node:fs';
import { BreakingChangeType, buildSchema, findBreakingChanges } from 'graphql';
import { describe, expect, it } from 'vitest';
import { printAnnotated } from '../../src/graphql/print.ts';
import { schema } from '../../src/graphql/schema.ts';

/** The schema of the last release. A release copies schema.graphql over it; nothing else changes it. */
const released = readFileSync(new URL('../fixtures/released-schema.graphql', import.meta.url), 'utf8');
const changes = (now: string) =>
  findBreakingChanges(buildSchema(released), buildSchema(now)).map(
    ({ type, description }) => `${type}: ${description}`,
  );

describe('the schema', () => {
  it('breaks no document that the last release took', () => {
    expect(changes(printAnnotated(schema))).toEqual([]);
  });

  it.each([
    [BreakingChangeType.FIELD_REMOVED, '  eventCursor: String!', '  eventPlace: String!'],
    [BreakingChangeType.FIELD_CHANGED_KIND, 'totalCount: Int!', 'totalCount: Int'],
    [BreakingChangeType.REQUIRED_INPUT_FIELD_ADDED, 'input CreateTokenInput {', 'input CreateTokenInput { must: Int!'],
    [BreakingChangeType.VALUE_REMOVED_FROM_ENUM, '  CORE_DUMP\n', '  CORE_DUMPS\n'],
  ])('would be refused for %s', (type, before, after) => {
    const broken = released.replace(before, after);
    expect(broken).not.toBe(released);
    expect(changes(broken).join()).toContain(type);
  });
});
