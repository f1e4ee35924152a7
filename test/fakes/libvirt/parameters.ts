import type { TypedParameter } from '../../../src/libvirt/protocol/typed-parameters.ts';

/** Figures as libvirt's statistics carry them: whole numbers as unsigned 64 bits, texts as texts. */
export function parametersOf(values: Readonly<Record<string, number | string>>): TypedParameter[] {
  return Object.entries(values).map(([field, value]) =>
    typeof value === 'string'
      ? { field, type: 'string', value }
      : { field, type: 'unsignedHyper', value: BigInt(value) },
  );
}
