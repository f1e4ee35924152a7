import { SegmentedControl, useMantineColorScheme } from '@mantine/core';
import { useId } from 'react';
import { ServiceDocument, type ServiceFieldsFragment } from '../api/generated/graphql.ts';
import { useFreshQuery } from '../api/use-fresh-query.ts';
import { formatBytes } from '../format/bytes.ts';
import { formatCount } from '../format/count.ts';
import { plainText } from '../format/plain-text.ts';
import { ScreenHeading } from '../shell/screen-heading.tsx';
import { refusal } from '../state/authority.ts';
import { mayNotify } from '../state/notify.ts';
import { usePage } from '../state/page.ts';
import { useStore } from '../state/store.ts';
import { Failure, Loading } from '../ui/answer-states.tsx';
import { Facts } from '../ui/facts.tsx';
import { Age, Moment } from '../ui/moment.tsx';
import { Panel } from '../ui/panel.tsx';
import { AccessPanel } from './access-panel.tsx';
import { AuditPanel } from './audit-panel.tsx';
import { DoctorPanel } from './doctor-panel.tsx';
import { InfluxPanel } from './influx-panel.tsx';
import { MeasurementsPanel } from './measurements-panel.tsx';
import { OperationCounts } from './operation-counts.tsx';
import styles from './settings.module.css';
import { TokensPanel } from './tokens-panel.tsx';
import { UnwantedArtifacts } from './unwanted-artifacts.tsx';

/** How the server is doing, and what this browser prefers. */
export function Settings() {
  const has = useStore(usePage().role);
  const { data, error, refresh } = useFreshQuery(ServiceDocument, {}, ['service']);
  return (
    <>
      <ScreenHeading title="Settings" />
      <div className={styles.panels}>
        {data ? (
          <ServicePanels service={data.service} />
        ) : (
          <Panel title="Server">{error ? <Failure error={error} retry={refresh} /> : <Loading lines={6} />}</Panel>
        )}
        <ConnectionPanel />
        <PreferencesPanel />
        <AccessPanel />
      </div>
      {refusal('tokens', has) === null && (
        <>
          <DoctorPanel className={styles.wide} />
          <TokensPanel className={styles.wide} />
          <AuditPanel className={styles.wide} />
        </>
      )}
    </>
  );
}

const hypervisorStates = {
  UP: 'Connected',
  DEGRADED: 'Partly responding',
  CONNECTING: 'Connecting',
  DOWN: 'Not responding',
};

function ServicePanels({ service }: { readonly service: ServiceFieldsFragment }) {
  const { hypervisor, storage } = service;
  const { freeBytes, totalBytes } = storage;
  const used = freeBytes === null || totalBytes === null || totalBytes === 0 ? null : 1 - freeBytes / totalBytes;
  return (
    <>
      <Panel title="Server">
        <Facts
          facts={[
            ['Memoir', service.version],
            ['Host', plainText(service.host)],
            ['Started', <Age key="started" at={service.startedAt} />],
            ['Max parallel dumps', service.maxParallelDumps],
          ]}
        />
      </Panel>
      <Panel title="Hypervisor">
        <Facts
          facts={[
            ['Kind', hypervisor.kind === 'DEMO' ? 'Demo: simulated machines, real bytes and files' : 'libvirt'],
            ['State', hypervisorStates[hypervisor.state]],
            ['Since', <Moment key="since" at={hypervisor.since} />],
            [
              'Address',
              <span key="uri" className="mono">
                {plainText(hypervisor.uri)}
              </span>,
            ],
            ['Version', hypervisor.version],
            ['Reason', hypervisor.reason],
            ['How to fix', hypervisor.mend],
          ]}
        />
      </Panel>
      <Panel title="Storage">
        <Facts
          facts={[
            [
              'Folder',
              <span key="folder" className="mono">
                {plainText(storage.location)}
              </span>,
            ],
            ['Free', `${formatBytes(freeBytes)} of ${formatBytes(totalBytes)}`],
            ['Warning', storage.warning],
          ]}
        />
        {used !== null && (
          <meter
            className={styles.meter}
            min={0}
            max={1}
            high={0.95}
            optimum={0}
            value={used}
            aria-label="Space in use"
          />
        )}
        {service.unwantedArtifacts !== null && service.unwantedArtifacts.count > 0 && (
          <UnwantedArtifacts unwanted={service.unwantedArtifacts} />
        )}
      </Panel>
      {service.influx && <InfluxPanel influx={service.influx} />}
      <MeasurementsPanel />
      <Panel title="Operations" flush>
        <OperationCounts counts={service.operationCounts} />
      </Panel>
    </>
  );
}

const connectionWords = {
  CONNECTING: 'Connecting',
  LIVE: 'Live',
  LOST: 'Disconnected; reconnecting',
  REFUSED: 'Signed out',
};

function ConnectionPanel() {
  const page = usePage();
  const { state } = useStore(page.connection);
  const { seq } = useStore(page.live);
  return (
    <Panel title="This connection">
      <Facts
        facts={[
          ['State', connectionWords[state]],
          ['Newest event', seq === null ? 'none yet' : `#${formatCount(seq)}`],
          [
            'How it works',
            'Live updates use one WebSocket. After a disconnect they resume from the last event received.',
          ],
        ]}
      />
    </Panel>
  );
}

function PreferencesPanel() {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const { preferences, toasts } = usePage();
  const zone = useStore(preferences.zone);
  const size = useStore(preferences.size);
  const notify = useStore(preferences.notify);
  const titleProgress = useStore(preferences.titleProgress);
  async function changeNotify(wanted: 'OFF' | 'ON'): Promise<void> {
    if (wanted === 'ON' && !(await mayNotify())) {
      toasts.show('warning', 'The browser blocks notifications of this site');
      return;
    }
    preferences.notify.set(wanted);
  }
  return (
    <Panel title="This browser">
      <div className={styles.preferences}>
        <Preference
          label="Theme"
          value={colorScheme}
          change={setColorScheme}
          choices={{ light: 'Light', dark: 'Dark', auto: 'System' }}
        />
        <Preference label="Times" value={zone} change={preferences.zone.set} choices={{ LOCAL: 'Local', UTC: 'UTC' }} />
        <Preference
          label="Sizes in tables"
          value={size}
          change={preferences.size.set}
          choices={{ DISK: 'On disk', MEMORY: 'Memory' }}
        />
        <Preference
          label="Browser notifications"
          value={notify}
          change={changeNotify}
          choices={{ OFF: 'Off', ON: 'On' }}
        />
        <Preference
          label="Progress in the tab title"
          value={titleProgress}
          change={preferences.titleProgress.set}
          choices={{ OFF: 'Off', ON: 'On' }}
        />
      </div>
    </Panel>
  );
}

function Preference<T extends string>(props: {
  readonly label: string;
  readonly value: T;
  readonly change: (value: T) => void;
  readonly choices: Record<T, string>;
}) {
  const id = useId();
  return (
    <div>
      <span id={id}>{props.label}</span>
      <SegmentedControl
        size="xs"
        aria-labelledby={id}
        value={props.value}
        onChange={(value) => props.change(value as T)}
        data={Object.entries<string>(props.choices).map(([value, label]) => ({ value, label }))}
      />
    </div>
  );
}
