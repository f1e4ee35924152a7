import { LibvirtError } from './error.ts';

/** A command of QEMU's machine protocol, as QMP's own JSON has it. */
export interface MonitorCommand {
  readonly execute: string;
  readonly arguments?: Readonly<Record<string, unknown>>;
}

/**
 * The command as text. `dump-guest-memory` is refused: libvirtd 9.0 crashes when QEMU reports the end of a dump that
 * libvirt did not start. Use domainCoreDumpWithFormat.
 */
export function monitorRequest(command: MonitorCommand): string {
  if (command.execute === 'dump-guest-memory')
    throw new LibvirtError('REFUSED', 'dump-guest-memory behind the back of libvirt crashes libvirtd 9.0', {
      mend: 'Call domainCoreDumpWithFormat instead.',
    });
  return JSON.stringify(command, (_key, value) => (typeof value === 'bigint' ? rawJson(String(value)) : value));
}

/**
 * What QEMU answered. libvirt reports an error of QEMU as a success whose JSON says otherwise: it becomes a MONITOR_ERROR
 * here, with QEMU's class in the text. Integers that a number cannot hold (addresses) come as bigint.
 */
export function monitorResult(command: MonitorCommand, answer: string): unknown {
  let parsed: { return?: unknown; error?: { class?: string; desc?: string } };
  try {
    parsed = parseExact(answer);
  } catch (cause) {
    throw new LibvirtError('MONITOR_ERROR', `${command.execute}: QEMU's answer is no JSON`, { cause });
  }
  if (parsed?.error !== undefined)
    throw new LibvirtError('MONITOR_ERROR', `${command.execute}: ${parsed.error.desc} (${parsed.error.class})`);
  return parsed?.return;
}

type Reviver = (key: string, value: unknown, context: { readonly source?: string }) => unknown;

function parseExact(text: string): { return?: unknown; error?: { class?: string; desc?: string } } {
  const exact: Reviver = (_key, value, { source }) =>
    typeof value === 'number' && !Number.isSafeInteger(value) && source !== undefined && /^-?\d+$/.test(source)
      ? BigInt(source)
      : value;
  // TypeScript's library does not know the reviver's third parameter yet (JSON.parse source text access, ES2026).
  return (JSON.parse as (text: string, reviver: Reviver) => ReturnType<typeof parseExact>)(text, exact);
}

function rawJson(text: string): unknown {
  return (JSON as unknown as { rawJSON(text: string): unknown }).rawJSON(text);
}
