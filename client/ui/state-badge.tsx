import type { MachineState, OperationState, RecordState, VolumeState } from '../api/generated/graphql.ts';
import styles from './state-badge.module.css';

type Look = 'ok' | 'run' | 'warn' | 'bad' | 'off';

/** Every state that the dashboard shows: a word, a color, and a shape for who sees no color. */
const states: Record<MachineState | OperationState | RecordState | VolumeState, readonly [label: string, look: Look]> =
  {
    RUNNING: ['Running', 'ok'],
    BLOCKED: ['Blocked', 'ok'],
    PAUSED: ['Paused', 'warn'],
    SUSPENDED: ['Suspended', 'warn'],
    SHUTTING_DOWN: ['Shutting down', 'warn'],
    SHUT_OFF: ['Shut off', 'off'],
    CRASHED: ['Crashed', 'bad'],
    UNKNOWN: ['Unknown', 'off'],
    QUEUED: ['Queued', 'off'],
    COMPLETED: ['Completed', 'ok'],
    FAILED: ['Failed', 'bad'],
    CANCELLED: ['Cancelled', 'warn'],
    AVAILABLE: ['Available', 'ok'],
    CREATING: ['Creating', 'run'],
    ATTACHING: ['Attaching', 'run'],
    ATTACHED: ['Attached', 'ok'],
    DETACHING: ['Detaching', 'run'],
    DELETING: ['Deleting', 'run'],
    DELETED: ['Deleted', 'off'],
    DAMAGED: ['Damaged', 'bad'],
  };

export const stateLabel = (state: keyof typeof states): string => states[state][0];

interface Props {
  readonly state: keyof typeof states;
  /** Work that runs is not the same as a machine that runs. */
  readonly working?: boolean;
  readonly title?: string | null;
}

export function StateBadge({ state, working = false, title }: Props) {
  const [label, look] = states[state];
  return (
    <span className={styles.state} data-look={working ? 'run' : look} title={title ?? undefined}>
      <span className={styles.shape} aria-hidden="true" />
      {label}
    </span>
  );
}
