import { type Console, print } from '../console.ts';
import { exitCodes } from '../exit-codes.ts';
import { plain, table } from '../text.ts';

/** The server's settings as this machine has them: environment, file, defaults. */
export interface ShownConfig {
  readonly file: { readonly path: string; readonly found: boolean };
  readonly warnings: readonly string[];
  /** What makes the whole unusable; null where nothing does. */
  readonly fault: string | null;
  readonly settings: readonly {
    readonly name: string;
    readonly value: string | null;
    readonly origin: 'environment' | 'file' | 'default';
    readonly reloads: boolean;
  }[];
}

/** Shows every setting with its value and where that comes from; a secret only as being set. */
export function showConfig(console: Console, config: ShownConfig, changed: boolean) {
  const settings = config.settings.filter(({ origin }) => !changed || origin !== 'default');
  for (const warning of config.warnings) console.tell(`${plain(warning)}\n`);
  print(console, { ...config, settings }, () =>
    [
      `File: ${plain(config.file.path)}${config.file.found ? '' : ' (missing or not readable)'}`,
      table(
        ['SETTING', 'VALUE', 'ORIGIN', 'TAKES EFFECT'],
        settings.map(({ name, value, origin, reloads }) => [
          name,
          value,
          origin,
          reloads ? 'on SIGHUP or restart' : 'on restart',
        ]),
      ),
    ].join('\n'),
  );
  if (config.fault !== null) console.tell(`memoir: ${config.fault.split('\n').map(plain).join('\n')}\n`);
  return config.fault === null ? exitCodes.done : exitCodes.usage;
}
