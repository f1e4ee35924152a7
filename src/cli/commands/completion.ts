import type { Command } from 'commander';
import { MemoirError } from '../../domain/memoir-error.ts';
import type { Client } from '../client.ts';
import type { Console } from '../console.ts';
import { exitCodes } from '../exit-codes.ts';
import { CliDumpsDocument, CliNamesDocument } from '../generated/graphql.ts';

/** Candidates come a line each from the hidden command `complete`, which gets the words after `memoir`, the last one unfinished. */
const scripts: Readonly<Record<string, string>> = {
  bash: `# memoir completion bash > /etc/bash_completion.d/memoir
_memoir() {
  local line
  COMPREPLY=()
  while IFS= read -r line; do
    COMPREPLY+=("$(printf '%q' "$line")")
  done < <("\${COMP_WORDS[0]}" complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -o default -F _memoir memoir
`,
  zsh: `#compdef memoir
# memoir completion zsh > /usr/local/share/zsh/site-functions/_memoir
_memoir() {
  local -a found
  found=("\${(@f)$("\${words[1]}" complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  found=("\${(@)found:#}")
  if (( \${#found} )); then compadd -- "\${(@)found}"; else _files; fi
}
if [ "\${funcstack[1]}" = _memoir ]; then _memoir "$@"; else compdef _memoir memoir; fi
`,
  fish: `# memoir completion fish > ~/.config/fish/completions/memoir.fish
function __memoir_complete
    set -l before (commandline -opc)
    set -l current (commandline -ct)
    $before[1] complete -- $before[2..-1] "$current" 2>/dev/null
end
complete -c memoir -a '(__memoir_complete)'
`,
};

export function printCompletion(console: Pick<Console, 'out'>, shell: string) {
  const script = scripts[shell];
  if (script === undefined)
    throw new MemoirError('BAD_INPUT', `there is no completion for ${shell}`, {
      hint: `Available: ${Object.keys(scripts).join(', ')}.`,
    });
  console.out(script);
  return exitCodes.done;
}

/** A shell shows and inserts what it gets: a name that a terminal would obey is not offered. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it is about.
const inert = /^[^\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]+$/;
/** A person waits for it with a key held down. */
const patienceMs = 2_000;
const mostNames = 500;

/** What may stand where the last of `words` is being typed: commands, options, names of machines, ids of dumps. */
export async function complete(program: Command, words: readonly string[], client: () => Client): Promise<string[]> {
  const current = words.at(-1) ?? '';
  let command = program;
  let position = 0;
  let awaited: string | null = null;
  for (const word of words.slice(0, -1)) {
    if (awaited !== null) {
      awaited = null;
      continue;
    }
    const option = command.options.find(({ long, short }) => word === long || word === short);
    if (option !== undefined) awaited = option.required || option.optional ? (option.long ?? null) : null;
    else if (!word.startsWith('-')) {
      const next = command.commands.find((one) => one.name() === word || one.aliases().includes(word));
      if (next === undefined) position += 1;
      else {
        command = next;
        position = 0;
      }
    }
  }
  const candidates = await candidatesOf(command, current, awaited, position, client);
  return [...new Set(candidates)].filter((one) => one.startsWith(current) && inert.test(one)).sort();
}

async function candidatesOf(
  command: Command,
  current: string,
  awaited: string | null,
  position: number,
  client: () => Client,
): Promise<string[]> {
  if (awaited === '--vm') return machineNames(client());
  if (awaited !== null) return [];
  if (current.startsWith('-'))
    return command.options.flatMap(({ long, hidden }) => (long == null || hidden ? [] : [long]));
  const names = command.commands.map((one) => one.name()).filter((name) => name !== 'complete');
  const { registeredArguments: args } = command;
  const argument = args[position] ?? (args.at(-1)?.variadic === true ? args.at(-1) : undefined);
  if (argument?.name() === 'vm') return [...names, ...(await machineNames(client()))];
  if (argument?.name() === 'dump') return [...names, ...(await dumpIds(client()))];
  if (argument?.name() === 'shell') return Object.keys(scripts);
  return names;
}

/** Nothing where the server does not answer in time: completion never complains. */
async function inTime<T>(asked: Promise<T[]>): Promise<T[]> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<T[]>((resolve) => {
    timer = setTimeout(() => resolve([]), patienceMs);
  });
  try {
    return await Promise.race([asked.catch(() => []), late]);
  } finally {
    clearTimeout(timer);
  }
}

const machineNames = (client: Client) =>
  inTime(client.ask(CliNamesDocument, {}).then(({ vms }) => vms.slice(0, mostNames).map(({ name }) => name)));
const dumpIds = (client: Client) =>
  inTime(client.ask(CliDumpsDocument, { first: 50 }).then(({ dumps }) => dumps.nodes.map(({ id }) => id)));
