import type { ServiceFieldsFragment } from '../api/generated/graphql.ts';
import { formatClock } from '../format/moment.ts';
import { sentence } from '../format/sentence.ts';
import { usePage } from '../state/page.ts';
import { useStore } from '../state/store.ts';
import { Icon } from '../ui/icon.tsx';
import styles from './shell.module.css';

/** When the hypervisor does not respond: the server's own reason, and what mends it. */
export function HypervisorBanner({ hypervisor }: { readonly hypervisor: ServiceFieldsFragment['hypervisor'] }) {
  const zone = useStore(usePage().preferences.zone);
  if (hypervisor.state === 'UP') return null;
  return (
    <p className={styles.banner} data-tone={hypervisor.state === 'DOWN' ? 'bad' : 'warn'} role="status">
      <Icon name="warning" />
      <span>
        <strong>
          {hypervisor.state === 'CONNECTING'
            ? 'Connecting to the hypervisor…'
            : `The hypervisor ${hypervisor.state === 'DOWN' ? 'has not responded' : 'has responded only partly'} since ${formatClock(hypervisor.since, zone)}.`}
        </strong>{' '}
        {sentence(hypervisor.reason ?? '')} {sentence(hypervisor.mend ?? '')}
      </span>
    </p>
  );
}
