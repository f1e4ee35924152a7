import { useState } from 'react';
import { HooksDocument } from '../api/generated/graphql.ts';
import { useFreshQuery } from '../api/use-fresh-query.ts';
import { ScreenHeading } from '../shell/screen-heading.tsx';
import { refusal } from '../state/authority.ts';
import { usePage } from '../state/page.ts';
import { useStore } from '../state/store.ts';
import { Empty } from '../ui/answer-states.tsx';
import { Panel } from '../ui/panel.tsx';
import { AlertsPanel } from './alerts-panel.tsx';
import { DeliveriesPanel } from './deliveries-panel.tsx';
import { HooksPanel } from './hooks-panel.tsx';
import styles from './notifications.module.css';

/** What is wrong now, who is told of it and of what happens, and what was sent. */
export function Notifications() {
  const off = refusal('tokens', useStore(usePage().role));
  return (
    <>
      <ScreenHeading title="Notifications" />
      <div className={styles.panels}>
        <AlertsPanel />
        {off === null ? (
          <ForAdmins />
        ) : (
          <Panel title="Receivers">
            <Empty>{off}</Empty>
          </Panel>
        )}
      </div>
    </>
  );
}

function ForAdmins() {
  const { data, error, refresh } = useFreshQuery(HooksDocument, {}, ['access', 'operations']);
  const [shown, setShown] = useState('');
  return (
    <>
      <HooksPanel data={data} error={error} refresh={refresh} show={setShown} />
      {data !== undefined && data.hooks.length > 0 && (
        <DeliveriesPanel hooks={data.hooks} hookId={shown} choose={setShown} />
      )}
    </>
  );
}
