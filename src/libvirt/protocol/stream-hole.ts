import { LibvirtError, protocolError } from '../error.ts';
import { struct } from '../xdr/compound.ts';
import { hyper, unsignedInt } from '../xdr/scalars.ts';
import { decodeBody } from './message.ts';

/** virNetStreamHole: how many zero bytes follow. No flags are defined. */
export const streamHole = struct({ length: hyper, flags: unsignedInt });

/** The length of a received hole. */
export function decodeHole(body: Buffer): bigint {
  const { length, flags } = decodeBody(body, streamHole);
  if (length < 0n || flags !== 0) throw protocolError(`a hole of ${length} bytes with flags ${flags}`);
  return length;
}

/** A hole to be sent. */
export function holeOf(holeBytes: bigint): { readonly length: bigint; readonly flags: number } {
  if (holeBytes < 0n) throw new LibvirtError('INVALID_VALUE', `a hole of ${holeBytes} bytes`);
  return { length: holeBytes, flags: 0 };
}
