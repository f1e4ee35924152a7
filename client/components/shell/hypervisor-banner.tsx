import type { ServiceFieldsFragment } from '../../api/generated/graphql.ts';
import { formatClock } from '../../lib/moment.ts';
import { zonePreference } from '../../lib/preference.ts';
import { sentence } from '../../lib/sentence.ts';
import { useStore } from '../../lib/store.ts';
import { Icon } from '../icon.tsx';
import styles from './shell.module.css';

/** When the hypervisor does not answer: the server's own reason, and what mends it. */
export function HypervisorBanner({ hypervisor }: { readonly hypervisor: ServiceFieldsFragment['hypervisor'] }) {
  const zone = useStore(zonePreference);
  if (hypervisor.state === 'UP') return null;
  return (
    <p className={styles.banner} data-tone={hypervisor.state === 'DOWN' ? 'bad' : 'warn'} role="status">
      <Icon name="warning" />
      <span>
        <strong>
          {hypervisor.state === 'DOWN'
            ? `The hypervisor does not answer since ${formatClock(hypervisor.since, zone)}.`
            : 'Connecting to the hypervisor…'}
        </strong>{' '}
        {sentence(hypervisor.reason ?? '')} {sentence(hypervisor.mend ?? '')}
      </span>
    </p>
  );
}
