import { type LibvirtError, serverError } from '../error.ts';
import { optional, struct } from '../xdr/compound.ts';
import { int } from '../xdr/scalars.ts';
import { domain, network, optionalString } from './handles.ts';
import { decodeBody } from './message.ts';

/** remote_error: the body of every reply and stream packet of status `error`. */
export const errorBody = struct({
  /** virErrorNumber. */
  code: int,
  /** virErrorDomain. */
  domain: int,
  message: optionalString,
  /** virErrorLevel; 2 is an error. */
  level: int,
  dom: optional(domain),
  /** The parts that the message was put together from. */
  str1: optionalString,
  str2: optionalString,
  str3: optionalString,
  /** For system errors the errno. */
  int1: int,
  int2: int,
  net: optional(network),
});

/** The error that the server sent. */
export function decodeError(body: Buffer): LibvirtError {
  const error = decodeBody(body, errorBody);
  const text = error.message ?? `libvirt reports error ${error.code} without a text`;
  return serverError(text, { number: error.code, domain: error.domain, level: error.level, int1: error.int1 });
}
