import { expect, it } from 'vitest';
import { readConfig } from '../../src/config.ts';

it.each([
  ['http://127.0.0.1:8181', 'http://127.0.0.1:8181'],
  ['https://influx.example/', 'https://influx.example'],
  ['http://[::1]:8181', 'http://[::1]:8181'],
])('INFLUX_URL=%s is an address', (INFLUX_URL, url) => {
  expect(readConfig({ INFLUX_URL, INFLUX_TOKEN: 'secret' }).influx).toEqual({
    url,
    database: 'vmstats',
    token: 'secret',
  });
});

it.each([
  ['localhost:8181', 'is not an address'],
  ['ftp://localhost', 'is not an address'],
  ['influx', 'is not an address'],
  ['http://localhost:8181/influx', 'has to end with the host and port'],
  ['http://localhost:8181/?db=x', 'has to end with the host and port'],
  ['http://me:secret@localhost:8181', 'the token is INFLUX_TOKEN'],
])('INFLUX_URL=%s is none, and the start says why', (INFLUX_URL, reason) => {
  expect(() => readConfig({ INFLUX_URL })).toThrow(
    expect.objectContaining({ code: 'CONFIG_INVALID', message: expect.stringContaining(`INFLUX_URL: `) }),
  );
  expect(() => readConfig({ INFLUX_URL })).toThrow(reason);
});

it('without INFLUX_URL, or with an empty one, there is no InfluxDB', () => {
  expect(readConfig({ INFLUX_DB: 'x', INFLUX_TOKEN: 'y' }).influx).toBeNull();
  expect(readConfig({ INFLUX_URL: '' }).influx).toBeNull();
});
