import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it, onTestFinished } from 'vitest';
import { toDatabaseError, transact } from '../../src/database/connection.ts';
import { migrate } from '../../src/database/migration.ts';

function open(): DatabaseSync {
  const connection = new DatabaseSync(':memory:');
  onTestFinished(() => connection.close());
  return connection;
}

const tables = (connection: DatabaseSync) =>
  connection
    .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name <> 'schema_versions' ORDER BY name")
    .all()
    .map(({ name }) => name);

describe('migrations', () => {
  it('run each step once, also the steps that a later version adds', () => {
    const connection = open();
    migrate(connection, 'a', ['CREATE TABLE a1 (x)']);
    migrate(connection, 'a', ['CREATE TABLE a1 (x)']);
    migrate(connection, 'a', ['CREATE TABLE a1 (x)', 'CREATE TABLE a2 (x); CREATE TABLE a3 (x)']);
    migrate(connection, 'b', ['CREATE TABLE b1 (x)']);
    expect(tables(connection)).toEqual(['a1', 'a2', 'a3', 'b1']);
  });

  it('leave the step before in place when one fails, and go on there', () => {
    const connection = open();
    const good = 'CREATE TABLE a1 (x)';
    expect(() => migrate(connection, 'a', [good, 'CREATE TABLE a2 (x); CREATE TABLE a1 (x)'])).toThrow();
    expect(tables(connection)).toEqual(['a1']);
    migrate(connection, 'a', [good, 'CREATE TABLE a2 (x)']);
    expect(tables(connection)).toEqual(['a1', 'a2']);
  });

  it('refuse tables of a newer version', () => {
    const connection = open();
    migrate(connection, 'a', ['CREATE TABLE a1 (x)', 'CREATE TABLE a2 (x)']);
    expect(() => migrate(connection, 'a', ['CREATE TABLE a1 (x)'])).toThrow(
      /newer version of Memoir \(schema 2, known 1\)/,
    );
  });
});

describe('a transaction', () => {
  it('is undone when its work throws, and the next one is not affected', () => {
    const connection = open();
    connection.exec('CREATE TABLE a (x)');
    const fail = () =>
      transact(connection, () => {
        connection.exec('INSERT INTO a VALUES (1)');
        throw new Error('no');
      });
    expect(fail).toThrow('no');
    expect(transact(connection, () => connection.prepare('SELECT count(*) AS n FROM a').get()?.n)).toBe(0);
  });

  it('keeps the reason when SQLite itself has ended it', () => {
    const connection = open();
    connection.exec('CREATE TABLE a (x UNIQUE ON CONFLICT ROLLBACK)');
    const collide = () => transact(connection, () => connection.exec('INSERT INTO a VALUES (1), (1)'));
    expect(collide).toThrow(/UNIQUE/);
  });
});

it('errors that are not SQLite’s stay as they are', () => {
  const error = new RangeError('x');
  expect(toDatabaseError(error)).toBe(error);
});
