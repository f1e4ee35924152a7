import { MemoirError } from '../domain/memoir-error.ts';
import { operationStates } from '../domain/operation-state.ts';
import { isNameOf, namesOf } from '../domain/table.ts';
import type { Compression, ImageFormat, MachineState, MethodChoice, Role } from './generated/graphql.ts';
import { plain } from './text.ts';

/** The words of one of the schema's enums: the type keeps them complete. */
type Words<Word extends string> = Readonly<Record<Word, true>>;

const machineStates: Words<MachineState> = {
  RUNNING: true,
  PAUSED: true,
  SUSPENDED: true,
  BLOCKED: true,
  SHUTTING_DOWN: true,
  SHUT_OFF: true,
  CRASHED: true,
  UNKNOWN: true,
};
const methods: Words<MethodChoice> = { AUTO: true, SNAPSHOT: true, CORE_DUMP: true };
const formats: Words<ImageFormat> = { ELF: true, RAW: true };
const compressions: Words<Compression> = { ZSTD: true, GZIP: true, NONE: true };
const roles: Words<Role> = { VIEWER: true, OPERATOR: true, ADMIN: true };

/** Readers of what is typed, in small letters and with hyphens too; BAD_INPUT with the words that there are for any other. */
export const readMachineState = wordOf('state', machineStates);
export const readOperationState = wordOf('state', operationStates);
export const readMethod = wordOf('method', methods);
export const readFormat = wordOf('format', formats);
export const readCompression = wordOf('compression', compressions);
export const readRole = wordOf('role', roles);

function wordOf<Table extends object>(what: string, table: Table) {
  return (typed: string): keyof Table & string => {
    const word = typed.toUpperCase().replaceAll('-', '_');
    if (isNameOf(table, word)) return word;
    const known = namesOf(table).map((name) => name.toLowerCase().replaceAll('_', '-'));
    throw new MemoirError('BAD_INPUT', `there is no ${what} ${plain(typed)}`, {
      hint: `Use one of: ${known.join(', ')}.`,
    });
  };
}
