import { LibvirtError, protocolError } from '../error.ts';
import type { Codec } from '../xdr/codec.ts';
import { array } from '../xdr/compound.ts';
import { bool, double, hyper, int, unsignedHyper, unsignedInt } from '../xdr/scalars.ts';
import { string } from './handles.ts';

/** virTypedParameterType (libvirt/libvirt-common.h): the number on the wire is the place in this list, from 1. */
const kinds = {
  int: { number: 1, codec: int },
  unsignedInt: { number: 2, codec: unsignedInt },
  hyper: { number: 3, codec: hyper },
  unsignedHyper: { number: 4, codec: unsignedHyper },
  double: { number: 5, codec: double },
  bool: { number: 6, codec: bool },
  string: { number: 7, codec: string },
} as const;

/** One named value that carries its type: libvirt's way to add figures without a new call. */
export type TypedParameter = { readonly field: string } & (
  | { readonly type: 'int' | 'unsignedInt' | 'double'; readonly value: number }
  | { readonly type: 'hyper' | 'unsignedHyper'; readonly value: bigint }
  | { readonly type: 'bool'; readonly value: boolean }
  | { readonly type: 'string'; readonly value: string }
);

const typedParameter: Codec<TypedParameter> = {
  encode: (writer, parameter) => {
    const kind = kinds[parameter.type];
    if (kind === undefined) throw new LibvirtError('INVALID_VALUE', `"${parameter.type}" is no type of parameter`);
    string.encode(writer, parameter.field);
    writer.u32(kind.number);
    (kind.codec as Codec<unknown>).encode(writer, parameter.value);
  },
  decode: (reader) => {
    const field = string.decode(reader);
    const number = reader.u32();
    for (const [type, kind] of Object.entries(kinds))
      if (kind.number === number) return { field, type, value: kind.codec.decode(reader) } as TypedParameter;
    throw protocolError(`type ${number} of the parameter "${field}"`);
  },
};

/** An array of at most `limit` parameters. */
export function typedParameters(limit: number): Codec<readonly TypedParameter[]> {
  return array(typedParameter, limit);
}

/** The parameters by name; a name that comes twice keeps its last value. */
export function parameterValues(
  parameters: readonly TypedParameter[],
): ReadonlyMap<string, number | bigint | boolean | string> {
  return new Map(parameters.map(({ field, value }) => [field, value]));
}
