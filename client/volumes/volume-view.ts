import type { VolumeFieldsFragment, VolumeState } from '../api/generated/graphql.ts';

export type Volume = VolumeFieldsFragment;

export const volumeStates: readonly VolumeState[] = [
  'AVAILABLE',
  'ATTACHED',
  'CREATING',
  'ATTACHING',
  'DETACHING',
  'DELETING',
];

/** `PROBLEM` stands for every volume that disagrees with the world, whatever its state. */
export type VolumeFilter = VolumeState | 'PROBLEM' | '';

/** What the list of volumes shows, as the address says it; absent means the default. */
export interface VolumeView {
  readonly search: string;
  readonly filter: VolumeFilter;
}

export function readVolumeView(query: string): VolumeView {
  const given = new URLSearchParams(query);
  const asked = given.get('state');
  const filter = asked === 'PROBLEM' ? asked : (volumeStates.find((state) => state === asked) ?? '');
  return { search: given.get('q') ?? '', filter };
}

export function writeVolumeView({ search, filter }: VolumeView): string {
  const given = new URLSearchParams({ ...(search && { q: search }), ...(filter && { state: filter }) }).toString();
  return given && `?${given}`;
}

/** Volumes that match, in the server's order; what is searched is all that a person may know one by. */
export function viewVolumes(volumes: readonly Volume[], { search, filter }: VolumeView): readonly Volume[] {
  const text = search.trim().toLowerCase();
  return volumes.filter(({ state, problem, name, serial, attachment, device, id }) => {
    if (filter === 'PROBLEM' ? problem === null : filter !== '' && filter !== state) return false;
    const known = [name, serial, attachment?.machineName, device?.path, id];
    return text === '' || known.some((each) => each?.toLowerCase().includes(text));
  });
}

export const sizeUnits = ['MiB', 'GiB', 'TiB'] as const;
export type SizeUnit = (typeof sizeUnits)[number];
const factors: Record<SizeUnit, number> = { MiB: 2 ** 20, GiB: 2 ** 30, TiB: 2 ** 40 };

/** A size as it is typed: a number and its unit. */
export interface TypedSize {
  readonly amount: number;
  readonly unit: SizeUnit;
}

export const toBytes = ({ amount, unit }: TypedSize): number => Math.round(amount * factors[unit]);

/** In the largest unit that says it without a fraction. */
export function fromBytes(bytes: number): TypedSize {
  const unit = [...sizeUnits].reverse().find((each) => bytes % factors[each] === 0) ?? 'MiB';
  return { amount: Number((bytes / factors[unit]).toFixed(6)), unit };
}
