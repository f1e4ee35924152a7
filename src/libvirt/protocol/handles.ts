import { LibvirtError } from '../error.ts';
import { boundedString, fixedOpaque } from '../xdr/bytes.ts';
import type { ValueOf } from '../xdr/codec.ts';
import { mapped, optional, struct } from '../xdr/compound.ts';
import { int } from '../xdr/scalars.ts';
import { limits } from './programs.ts';

/** remote_nonnull_string. */
export const string = boundedString(limits.stringBytes);

/** remote_string: a string, or null. */
export const optionalString = optional(string);

/** 16 raw bytes on the wire, without a length; in TypeScript the usual lower-case text with hyphens. */
export const uuid = mapped(
  fixedOpaque(16),
  (text: string): Uint8Array => {
    if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text))
      throw new LibvirtError('INVALID_VALUE', `"${text}" is not a UUID`);
    return Buffer.from(text.replaceAll('-', ''), 'hex');
  },
  (bytes) =>
    Buffer.from(bytes)
      .toString('hex')
      .replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-'),
);

/** A domain as calls name it. Only the uuid is looked at by the server; id is -1 while the domain does not run. */
export const domain = struct({ name: string, uuid, id: int });
export type DomainRef = ValueOf<typeof domain>;

/** A storage pool as calls name it. */
export const pool = struct({ name: string, uuid });
export type PoolRef = ValueOf<typeof pool>;

/** A storage volume as calls name it: its pool, its name in it, and the key (for files the path). */
export const volume = struct({ pool: string, name: string, key: string });
export type VolumeRef = ValueOf<typeof volume>;

/** Only ever seen inside of an error. */
export const network = struct({ name: string, uuid });
