import { mkdirSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it, onTestFinished } from 'vitest';
import { toDatabaseError, transact } from '../../src/database/connection.ts';
import { migrate } from '../../src/database/migration.ts';
import { temporaryFolder } from '../temporary-folder.ts';

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

  it('copy what is there before they change it: the older version goes on with the copy', () => {
    const folder = temporaryFolder();
    const path = join(folder, 'memoir.sqlite');
    const first = ['CREATE TABLE a1 (x)'];
    const second = [...first, "ALTER TABLE a1 ADD COLUMN y; UPDATE a1 SET x = 'changed'"];
    const third = [...second, 'CREATE TABLE a3 (x)'];
    const use = <T>(file: string, steps: readonly string[], work: (connection: DatabaseSync) => T): T => {
      const connection = new DatabaseSync(file);
      try {
        connection.exec('PRAGMA journal_mode = WAL');
        migrate(connection, 'a', steps);
        return work(connection);
      } finally {
        connection.close();
      }
    };
    const rows = (connection: DatabaseSync) => connection.prepare('SELECT * FROM a1').all();
    use(path, first, (connection) => connection.exec("INSERT INTO a1 VALUES ('as it was')"));
    expect(readdirSync(folder).filter((name) => name.includes('before'))).toEqual([]);
    use(path, second, rows);
    expect(use(join(folder, 'memoir.sqlite.before-a-1'), first, rows)).toEqual([{ x: 'as it was' }]);
    expect(statSync(join(folder, 'memoir.sqlite.before-a-1')).mode & 0o777).toBe(0o600);
    // The newest copy is the one that is kept.
    use(path, third, rows);
    const copies = readdirSync(folder).filter((name) => /before-a-\d+$/.test(name));
    expect(copies).toEqual(['memoir.sqlite.before-a-2']);
    expect(use(join(folder, 'memoir.sqlite.before-a-2'), second, rows)).toEqual([{ x: 'changed', y: null }]);
    expect(() => use(path, first, rows)).toThrow(/schema 3, known 1/);
  });

  it('change nothing where there is no room for the copy', () => {
    const folder = temporaryFolder();
    const connection = new DatabaseSync(join(folder, 'memoir.sqlite'));
    onTestFinished(() => connection.close());
    migrate(connection, 'a', ['CREATE TABLE a1 (x)']);
    // A folder of that name stands in for a full disk: the copy cannot be made.
    mkdirSync(join(folder, 'memoir.sqlite.before-a-1', 'in the way'), { recursive: true });
    expect(() => migrate(connection, 'a', ['CREATE TABLE a1 (x)', 'CREATE TABLE a2 (x)'])).toThrow();
    expect(tables(connection)).toEqual(['a1']);
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
