import { getSystemErrorName } from 'node:util';
import { type OwnCode, ownCodes } from './error-codes.ts';
import { type ServerCode, serverCode } from './server-error-codes.ts';

/** What libvirt says of a failure, beside its text: the fields of `virError` (libvirt/virterror.h). */
export interface ServerErrorFields {
  /** virErrorNumber, for example 42 for "no such domain". */
  readonly number: number;
  /** virErrorDomain: the part of libvirt that failed (10 is the QEMU driver, 7 the RPC layer). */
  readonly domain: number;
  /** virErrorLevel: 1 warning, 2 error. */
  readonly level: number;
  /** For SYSTEM_ERROR the errno, positive; otherwise it has no fixed meaning. */
  readonly int1: number;
}

export interface LibvirtErrorOptions {
  readonly cause?: unknown;
  /** Replaces the catalogue's sentence about what helps. */
  readonly mend?: string | undefined;
  readonly server?: ServerErrorFields;
}

/**
 * Everything that can go wrong in this library is one of these. Tell failures apart by `code`, never by the text: either
 * one of our own (error-codes.ts) or libvirt's (server-error-codes.ts; an unlisted number n is `ERROR_n`).
 */
export class LibvirtError extends Error {
  readonly code: OwnCode | ServerCode;
  /** What a person can do about it, as a sentence; absent where the text says all. */
  readonly mend: string | undefined;
  /** libvirt's own number of the error; undefined when it is ours. */
  readonly number: number | undefined;
  readonly domain: number | undefined;
  readonly level: number | undefined;
  readonly int1: number | undefined;

  constructor(code: OwnCode | ServerCode, text: string, options: LibvirtErrorOptions = {}) {
    super(text, 'cause' in options ? { cause: options.cause } : undefined);
    this.name = 'LibvirtError';
    this.code = code;
    this.mend = options.mend ?? (code in ownCodes ? ownCodes[code as OwnCode] : undefined);
    this.number = options.server?.number;
    this.domain = options.server?.domain;
    this.level = options.server?.level;
    this.int1 = options.server?.int1;
  }

  /** The text alone, as libvirt or we put it. */
  get text(): string {
    return this.message;
  }

  /** The name of the errno behind a SYSTEM_ERROR, such as EACCES. */
  get errno(): string | undefined {
    if (this.code !== 'SYSTEM_ERROR' || this.int1 === undefined || this.int1 <= 0) return undefined;
    return getSystemErrorName(-this.int1);
  }
}

/** The error that the server reported, with its number turned into a code. */
export function serverError(text: string, server: ServerErrorFields, mend?: string): LibvirtError {
  return new LibvirtError(serverCode(server.number), text, { server, mend });
}

/** The peer broke the protocol: the connection that said so is closed, since nothing after it can be trusted. */
export function protocolError(text: string): LibvirtError {
  return new LibvirtError('PROTOCOL', text);
}

/** Whatever was thrown, as a LibvirtError: unchanged if it is one, else wrapped under `code`. */
export function asLibvirtError(thrown: unknown, code: OwnCode): LibvirtError {
  if (thrown instanceof LibvirtError) return thrown;
  return new LibvirtError(code, thrown instanceof Error ? thrown.message : String(thrown), { cause: thrown });
}
