import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { memoir } from '../fakes/command-line.ts';
import { machine } from '../fakes/machines.ts';
import { startTestServer } from '../fakes/server.ts';
import { runInTerminal } from '../fakes/terminal.ts';
import { lacks } from '../system.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const machines = [machine(1, { name: 'web 01' }), machine(2, { name: 'db-$(id)' }), machine(3, { name: 'web-02' })];

/** A folder with the command and the completion of `shell`, and the environment to use them in. */
async function install(shell: string) {
  const { url } = await startTestServer({ machines });
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'bin'));
  const command = join(folder, 'bin/memoir');
  writeFileSync(command, `#!/bin/sh\nexec '${process.execPath}' '${resolve('src/main.ts')}' "$@"\n`);
  chmodSync(command, 0o755);
  const script = join(folder, shell === 'zsh' ? '_memoir' : 'completion');
  writeFileSync(script, (await memoir(url, ['completion', shell])).out);
  const PATH = `${join(folder, 'bin')}${delimiter}${process.env.PATH}`;
  return { folder, script, env: { PATH, HOME: folder, MEMOIR_URL: url, TERM: 'xterm', LC_ALL: 'C.UTF-8' } };
}

describe('completion in a real shell', () => {
  it('of bash quotes what a shell would obey', async () => {
    const { script, env } = await install('bash');
    const ask = `source '${script}'; COMP_WORDS=(memoir dump ''); COMP_CWORD=2; _memoir; printf '%s\\n' "\${COMPREPLY[@]}"; complete -p memoir`;
    const out = await run('bash', ['--norc', '-c', ask], env);
    expect(out.split('\n').slice(0, 3)).toEqual(['db-\\$\\(id\\)', 'web\\ 01', 'web-02']);
    expect(out).toContain('-F _memoir memoir');
  });

  it.skipIf(lacks('fish'))('of fish offers machines beside the options', async () => {
    const { script, env } = await install('fish');
    const out = await run(
      'fish',
      ['--no-config', '-c', `source '${script}'; complete -C 'memoir dump web'; complete -C 'memoir dump --wa'`],
      env,
    );
    expect(out.split('\n')).toEqual(expect.arrayContaining(['web 01', 'web-02', '--watch']));
    expect(out).not.toContain('db-');
  });

  it.skipIf(lacks('zsh', 'python3'))('of zsh completes the word at the cursor', async () => {
    const { folder, env } = await install('zsh');
    const setup = `PS1='> '; fpath=('${folder}' $fpath); autoload -Uz compinit; compinit -u -D; echo ready\n`;
    const { output } = await runInTerminal(['zsh', '-f'], {
      env,
      steps: [
        { send: setup, until: 'ready\r\n' },
        { send: 'print -r -- got memoir completion f\t', until: 'completion f' },
        { send: '\u0015memoir dump db\t', until: 'db-\\$\\(id\\)' },
        { send: '\u0015exit\n' },
      ],
    });
    expect(output).toContain('db-\\$\\(id\\)');
  });
});

/** Asynchronously: the server that the shell's command asks is in this process. */
async function run(command: string, args: string[], env: Record<string, string>): Promise<string> {
  const { promisify } = await import('node:util');
  const { execFile } = await import('node:child_process');
  return (await promisify(execFile)(command, args, { env })).stdout;
}
