import { tmpdir } from 'node:os';
import type { Command } from 'commander';
import { examplesOf } from './examples.ts';
import { jsonShapes } from './json-shapes.ts';
import { createProgram } from './program.ts';

const nothing = () => {
  throw new Error('a document is printed: nothing runs');
};

/** The manual of the command line, made of the commands themselves. */
export function describeCommandLine(): string {
  const program = createProgram(
    {
      version: '0',
      url: 'http://127.0.0.1:4000',
      isUrlSet: true,
      token: null,
      configFolder: tmpdir(),
      memwatch: { dashboardUrl: null, strategy: null, sessionId: null },
      signal: new AbortController().signal,
      columns: null,
      terminal: false,
      out: nothing,
      tell: nothing,
      ownServer: nothing,
      artifactFiles: { verify: nothing, inspect: nothing, extract: nothing },
      backup: { create: nothing },
      doctor: { examine: nothing },
      config: nothing,
      readToken: nothing,
      localTokens: { create: nothing },
      serve: nothing,
    },
    nothing,
  );
  const commands = program.commands.filter((command) => command.name() !== 'complete');
  return `${[
    '# The command line',
    '',
    'Printed by `npm run generate` from the commands themselves; `memoir COMMAND --help` says the same.',
    '',
    'In a checkout, `npm run -s memoir -- …` takes the place of `memoir …`.',
    '',
    '## Everywhere',
    '',
    ...optionsOf(program),
    '',
    'The server is the one that `--url` names, or `MEMOIR_URL`, or the context in use (`memoir login`), or `http://127.0.0.1:4000`. The token is',
    '`MEMOIR_TOKEN`, or that of the context; a context’s token is sent to its own server only. On a terminal, progress is bars; anywhere else a line',
    'per change. Names of machines that a terminal would obey are shown escaped.',
    '',
    '| exit code | meaning |',
    '|---|---|',
    '| 0 | done |',
    '| 1 | the server answered, and something was refused or failed |',
    '| 2 | the command or the configuration makes no sense |',
    '| 3 | the server does not respond |',
    '| 4 | a token is missing, or does not allow it |',
    '| 130 | left (Ctrl-C) before the end; what was started goes on |',
    '',
    ...commands.flatMap((command) => sectionOf(command)),
  ].join('\n')}`;
}

function sectionOf(command: Command): string[] {
  const name = command.name();
  const shape = jsonShapes[name];
  const examples = examplesOf(name);
  return [
    `## ${name}`,
    '',
    `${sentence(command.description())}`,
    '',
    ...usageOf(command, `memoir ${name}`),
    ...command.commands.flatMap((one) => [
      '',
      `### ${name} ${one.name()}`,
      '',
      sentence(one.description()),
      '',
      ...usageOf(one, `memoir ${name} ${one.name()}`),
    ]),
    ...(examples.length === 0 ? [] : ['', '```sh', ...examples.flatMap(([line, what]) => [`# ${what}`, line]), '```']),
    ...(shape === undefined ? [] : ['', `\`--json\` prints \`${shape}\`.`]),
    '',
  ];
}

function usageOf(command: Command, name: string): string[] {
  const args = command.registeredArguments.map(
    (one) =>
      `| \`${one.required ? `<${one.name()}>` : `[${one.name()}]`}${one.variadic ? '…' : ''}\` | ${cell(one.description)} |`,
  );
  const options = optionsOf(command).slice(2);
  const rows = [...args, ...options];
  return [`    ${name} ${command.usage()}`, ...(rows.length === 0 ? [] : ['', '| | |', '|---|---|', ...rows])];
}

function optionsOf(command: Command): string[] {
  const shown = command.options.filter(({ hidden }) => !hidden);
  return [
    '| | |',
    '|---|---|',
    ...shown.map(({ flags, description, defaultValue }) => {
      const fallback = defaultValue === undefined ? '' : `; default ${String(defaultValue)}`;
      return `| \`${cell(flags)}\` | ${cell(description)}${fallback} |`;
    }),
  ];
}

const cell = (text: string) => text.replaceAll('|', '\\|');
const sentence = (text: string) => `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
