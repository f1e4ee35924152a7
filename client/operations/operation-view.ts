import type { OperationKind, OperationState, OperationsQueryVariables } from '../api/generated/graphql.ts';

/** What the journal's screen shows, as the address says it. */
export interface OperationView {
  readonly kind: string;
  readonly state: OperationState | '';
  /** Cursors: the page after one, or the page before one; both empty for the newest. */
  readonly after: string;
  readonly before: string;
}

export const operationStates: readonly OperationState[] = ['QUEUED', 'RUNNING', 'COMPLETED', 'FAILED', 'CANCELLED'];
const pageSize = 50;

export function readOperationView(query: string): OperationView {
  const given = new URLSearchParams(query);
  return {
    kind: given.get('kind') ?? '',
    state: operationStates.find((state) => state === given.get('state')) ?? '',
    after: given.get('after') ?? '',
    before: given.get('after') ? '' : (given.get('before') ?? ''),
  };
}

export function writeOperationView(view: OperationView): string {
  const given = new URLSearchParams(Object.entries(view).filter(([, value]) => value !== '')).toString();
  return given === '' ? '' : `?${given}`;
}

export function operationVariables({ kind, state, after, before }: OperationView): OperationsQueryVariables {
  return {
    ...(kind === '' ? {} : { kind: kind as OperationKind }),
    ...(state === '' ? {} : { states: [state] }),
    ...(before === '' ? { first: pageSize, after: after || null } : { last: pageSize, before }),
  };
}
