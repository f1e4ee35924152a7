import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import type { Row } from '../../database/row.ts';

/** A piece of SQL and the values of its placeholders, in order. */
export interface Sql {
  readonly text: string;
  readonly values: readonly SQLInputValue[];
}

/** Joins pieces; their values follow along. */
export function joinSql(pieces: readonly Sql[], separator: string): Sql {
  return { text: pieces.map(({ text }) => text).join(separator), values: pieces.flatMap(({ values }) => values) };
}

/** `column IN (values)` for a list of any length. */
export function isOneOf(column: string, values: readonly (string | number)[]): Sql {
  return { text: `${column} IN (SELECT value FROM json_each(?))`, values: [JSON.stringify(values)] };
}

/** Where one way of reading gets dearer than another. Numbers that were measured (bench/records.ts); any give right answers. */
export type PlanLimits = {
  /** Records that are worth being found one by one and sorted; with more, the order's index is read and tested. */
  readonly gathered: number;
  /** SQLite merges ordered SELECTs; more of them than this cost more to prepare than reading and sorting. */
  readonly streams: number;
  /** Instances whose records are looked up in a stretch of time; with more, the stretch is read and tested. */
  readonly lookedUp: number;
  /** Records per instance up to which machines are counted by reading records rather than asking instances. */
  readonly readPerInstance: number;
};

const measuredLimits: PlanLimits = { gathered: 2_000, streams: 60, lookedUp: 64, readPerInstance: 3 };

/** Runs queries on one connection and keeps their statements: the forms are few, the values many. */
export interface Queries {
  readonly limits: PlanLimits;
  all(sql: Sql): Row[];
  first(sql: Sql): Row | undefined;
  /** All queries of `work` see the same state of the database. */
  snapshot<T>(work: () => T): T;
}

const maxStatements = 256;

export function createQueries(connection: DatabaseSync, limits: PlanLimits = measuredLimits): Queries {
  const statements = new Map<string, StatementSync>();
  const prepare = (text: string): StatementSync => {
    let statement = statements.get(text);
    if (statement === undefined) {
      if (statements.size >= maxStatements) statements.clear();
      statement = connection.prepare(text);
      statements.set(text, statement);
    }
    return statement;
  };
  return {
    limits,
    all: ({ text, values }) => prepare(text).all(...values),
    first: ({ text, values }) => prepare(text).get(...values),
    snapshot(work) {
      connection.exec('BEGIN');
      try {
        return work();
      } finally {
        connection.exec('COMMIT');
      }
    },
  };
}
