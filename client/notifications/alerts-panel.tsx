import { AlertsDocument } from '../api/generated/graphql.ts';
import { useFreshQuery } from '../api/use-fresh-query.ts';
import { Empty, Failure, Loading } from '../ui/answer-states.tsx';
import { Icon } from '../ui/icon.tsx';
import { Age } from '../ui/moment.tsx';
import { Panel } from '../ui/panel.tsx';
import styles from './notifications.module.css';

/** What is wrong at the moment and stays so until someone does something. */
export function AlertsPanel({ className }: { readonly className?: string | undefined }) {
  const { data, error, refresh } = useFreshQuery(AlertsDocument, {}, ['service']);
  return (
    <Panel title="Alerts" note={data && data.alerts.length > 0 ? data.alerts.length : undefined} className={className}>
      {error && !data ? (
        <Failure error={error} retry={refresh} />
      ) : !data ? (
        <Loading lines={2} />
      ) : data.alerts.length === 0 ? (
        <Empty>No alerts.</Empty>
      ) : (
        <ul className={styles.alerts}>
          {data.alerts.map(({ id, message, raisedAt }) => (
            <li key={id}>
              <Icon name="warning" />
              <span>
                {message}{' '}
                <span className="dim">
                  Since <Age at={raisedAt} />
                </span>
              </span>
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}
