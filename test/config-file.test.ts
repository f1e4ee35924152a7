import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { describeSettings, isSecret, isSetting, mergeVariables, readConfig } from '../src/config.ts';
import { parseConfigFile, readConfigFile } from '../src/config-file.ts';
import { startServer } from './server-process.ts';
import { temporaryFolder } from './temporary-folder.ts';

function writeFile(text: string, mode = 0o600): string {
  const path = join(temporaryFolder(), 'memoir.conf');
  writeFileSync(path, text);
  chmodSync(path, mode);
  return path;
}

describe('a setting', () => {
  it('is in the table of the README, which has no other', () => {
    const rows = readFileSync('README.md', 'utf8').match(/^\| `[A-Z].*/gm) ?? [];
    const named = rows.flatMap((row) => row.split(' | ')[0]?.match(/[A-Z][A-Z_]+/g) ?? []);
    const settings = describeSettings(null, {}).map(({ name }) => name);
    expect(named.toSorted()).toEqual(settings.toSorted());
  });
});

describe('a setting that holds a password where none belongs', () => {
  it.each([
    ['LIBVIRT_URI', 'qemu+ssh://root:secret@host/system', 'qemu+ssh://root:(hidden)@host/system'],
    ['INFLUX_URL', 'http://me:sec@ret@influx:8181', 'http://me:(hidden)@influx:8181'],
    ['LIBVIRT_URI', 'qemu+ssh://root@host/system', 'qemu+ssh://root@host/system'],
  ])('%s=%s is shown as %s', (name, written, shown) => {
    const value = (file: Record<string, string> | null, variables: Record<string, string>) =>
      describeSettings(file, variables).find((setting) => setting.name === name)?.value;
    expect(value(null, { [name]: written })).toBe(shown);
    expect(value({ [name]: written }, {})).toBe(shown);
  });
});

describe('the configuration file', () => {
  it('has the names of the environment, comments and quotes', () => {
    const text = '# where\nPORT = 4100\n\nDATA_DIR="/var/lib/me moir"\r\nALLOWED_HOSTS=\n';
    expect(parseConfigFile(text, 'x', isSetting)).toEqual({
      PORT: '4100',
      DATA_DIR: '/var/lib/me moir',
      ALLOWED_HOSTS: '',
    });
  });

  it('names every line that is wrong, and the file', () => {
    const parse = () => parseConfigFile('PROT=1\nPORT\nPORT=1\nPORT=2\n', '/etc/x', isSetting);
    expect(parse).toThrow(
      '/etc/x is not usable:\n  line 1: PROT is not a setting of Memoir\n  line 2: is not NAME=value\n  line 4: PORT is set a second time',
    );
  });

  it('is below the environment and above the defaults', () => {
    const file = { PORT: '4100', LOG_LEVEL: 'debug' };
    const config = readConfig(mergeVariables(file, { PORT: '4200', LOG_LEVEL: '' }));
    expect([config.port, config.logLevel, config.host]).toEqual([4200, 'debug', '127.0.0.1']);
  });

  it('must be there where a person names it, and warns when others can read a secret in it', () => {
    expect(() => readConfigFile('/nonexistent/memoir.conf', isSetting, isSecret)).toThrow('cannot be read');
    const open = writeFile('MEMOIR_TOKEN=0123456789abcdef\n', 0o644);
    expect(readConfigFile(open, isSetting, isSecret).warnings).toEqual([
      `${open} holds MEMOIR_TOKEN and other users can read it: chmod 0600 ${open}`,
    ]);
    expect(readConfigFile(writeFile('PORT=1\n', 0o644), isSetting, isSecret).warnings).toEqual([]);
  });

  it('is shown with the origin of each value, and without a secret', () => {
    const settings = describeSettings(
      { PORT: '4100', INFLUX_TOKEN: 'canary' },
      { HOST: '::1', MEMOIR_TOKEN: 'canary' },
    );
    const one = (name: string) => settings.find((setting) => setting.name === name);
    expect(one('PORT')).toMatchObject({ value: '4100', origin: 'file', reloads: false });
    expect(one('HOST')).toMatchObject({ value: '::1', origin: 'environment' });
    expect(one('DUMP_TIMEOUT')).toMatchObject({ value: '1h', origin: 'default', reloads: true });
    expect(one('INFLUX_TOKEN')).toMatchObject({ value: '(hidden)', origin: 'file' });
    expect(JSON.stringify(settings)).not.toContain('canary');
  });

  it('is read again on SIGHUP: what can change does, and the rest is named', async () => {
    const path = writeFile('MAX_PARALLEL_DUMPS=1\n');
    // What a variable says is never changed by the file.
    const server = await startServer(temporaryFolder(), { MEMOIR_CONFIG: path, MAX_PAUSE: '5s' });
    const parallel = async () => (await server.query('{ service { maxParallelDumps } }')).service.maxParallelDumps;
    const said = async (text: string) => {
      while (!server.output().includes(text))
        await new Promise((resolve) => server.child.stderr?.once('data', resolve));
    };
    onTestFinished(() => void server.child.kill('SIGKILL'));
    expect(await parallel()).toBe(1);
    writeFileSync(path, 'MAX_PARALLEL_DUMPS=7\nHOST=::1\nMAX_PAUSE=1s\n');
    server.child.kill('SIGHUP');
    await said('MAX_PARALLEL_DUMPS is 7 now');
    expect(await parallel()).toBe(7);
    expect(server.output()).not.toContain('MAX_PAUSE is');
    writeFileSync(path, 'MAX_PARALLEL_DUMPS=none\n');
    server.child.kill('SIGHUP');
    await said('nothing changes');
    expect(await parallel()).toBe(7);
    writeFileSync(path, 'MAX_PARALLEL_DUMPS=7\nGRAPHIQL=on\n');
    server.child.kill('SIGHUP');
    await said('GRAPHIQL changed: restart the server for that');
    expect(await server.end('SIGTERM')).toBe(0);
  });
});
