import { SessionDocument } from '../api/generated/graphql.ts';
import { useFreshQuery } from '../api/use-fresh-query.ts';
import { formatCount } from '../format/count.ts';
import { useNewestUsage } from '../state/live-usage.ts';
import { Facts } from '../ui/facts.tsx';
import { Age } from '../ui/moment.tsx';
import { Panel } from '../ui/panel.tsx';

/** What is measured of the machines, as it arrives here, and where other tools read what the server measures of itself. */
export function MeasurementsPanel() {
  const { at, machines } = useNewestUsage();
  const session = useFreshQuery(SessionDocument, {}, ['access']).data?.session;
  return (
    <Panel title="Usage metrics">
      <Facts
        facts={[
          ['Latest sample', at === null ? 'none since this page was opened' : <Age key="at" at={at} />],
          ['Machines reporting', at === null ? null : formatCount(machines)],
          [
            'Prometheus',
            session && (
              <span key="metrics">
                <a href="/metrics">/metrics</a>
                {session.tokenRequired && ', with a token in the header “Authorization”'}
              </span>
            ),
          ],
        ]}
      />
    </Panel>
  );
}
