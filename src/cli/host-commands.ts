import type { Command } from 'commander';
import { type Backup, backup } from './commands/backup.ts';
import { type ShownConfig, showConfig } from './commands/config.ts';
import { context, login } from './commands/context.ts';
import { showAudit, showStats } from './commands/overview.ts';
import type { Console } from './console.ts';
import type { Contexts } from './contexts.ts';
import type { ExitCode } from './exit-codes.ts';
import { toCount } from './option-values.ts';

type Run = (console: Console) => Promise<ExitCode>;

export interface HostProgram {
  readonly remote: (run: Run) => () => Promise<void>;
  readonly local: (run: Run) => () => Promise<void>;
  readonly contexts: Contexts;
  readonly token: () => Promise<string | null>;
  readonly config: () => ShownConfig;
  readonly backup: Backup;
}

/** Commands about the server as a whole, and about this user's way to it. */
export function addHostCommands(program: Command, host: HostProgram): void {
  const { remote, local, contexts } = host;
  program
    .command('stats')
    .description('show how many dumps there are, and how large they are')
    .action(() => remote(showStats)());
  program
    .command('audit')
    .description('list who did what, newest first')
    .option('--limit <count>', 'how many at most', toCount, 50)
    .action(({ limit }: { limit: number }) => remote((console) => showAudit(console, limit))());
  program
    .command('login')
    .description('sign in to a server: the token is read from standard input, and kept for this user alone')
    .argument('<server>', 'its address')
    .option('--name <name>', 'name of this context; default is the host')
    .action((url: string, { name }: { name?: string }) =>
      local(async (console) => login(console, contexts, url, await host.token(), name))(),
    );
  program
    .command('context')
    .description('list the servers that you signed in to, or choose one')
    .argument('[name]', 'the one to use from now on')
    .option('--remove', 'remove it with its token')
    .action((name: string | undefined, { remove = false }: { remove?: boolean }) =>
      local(async (console) => context(console, contexts, name, remove))(),
    );
  program
    .command('config')
    .description('show every setting of a server on this machine, and where its value comes from')
    .option('--changed', 'only what is not a default')
    .action(({ changed = false }: { changed?: boolean }) =>
      local(async (console) => showConfig(console, host.config(), changed))(),
    );
  program
    .command('backup')
    .description('copy the database and all manifests of a server on this machine, while it runs')
    .argument('<folder>', 'a folder that is not there yet')
    .action((folder: string) => local((console) => backup(console, host.backup, folder))());
}
