import { Button } from '@mantine/core';
import { useMutation } from 'urql';
import {
  DeadLettersDocument,
  type OutboxState,
  RetryDeadLettersDocument,
  type ServiceFieldsFragment,
} from '../api/generated/graphql.ts';
import { useFreshQuery } from '../api/use-fresh-query.ts';
import { formatCount } from '../format/count.ts';
import { plainText } from '../format/plain-text.ts';
import { sentence } from '../format/sentence.ts';
import { useGuard } from '../state/authority.ts';
import { useComplaint } from '../state/complain.ts';
import { usePage } from '../state/page.ts';
import { Facts } from '../ui/facts.tsx';
import { Age, Moment } from '../ui/moment.tsx';
import { Panel } from '../ui/panel.tsx';
import styles from './settings.module.css';

const states: Record<OutboxState, string> = {
  IDLE: 'Up to date',
  SENDING: 'Sending',
  RETRYING: 'Not responding; retrying',
  PAUSED: 'Paused: action required',
};

type Influx = NonNullable<ServiceFieldsFragment['influx']>;

/** The InfluxDB that records are written to: what is on its way, what it refused, and sending that again. */
export function InfluxPanel({ influx }: { readonly influx: Influx }) {
  const { freshness, toasts } = usePage();
  const complain = useComplaint();
  const [{ fetching }, retry] = useMutation(RetryDeadLettersDocument);
  const refused = useGuard()('retry');
  const isStuck = influx.state === 'RETRYING' || influx.state === 'PAUSED';

  async function sendAgain(): Promise<void> {
    const { data, error } = await retry({});
    if (error) complain('Not retried', error);
    else toasts.show('success', sentOf(data?.retryDeadLetters.retried ?? 0));
    freshness.mark(['service']);
  }

  return (
    <Panel
      title="InfluxDB"
      actions={
        (influx.dead > 0 || isStuck) && (
          <Button
            size="compact-sm"
            variant="default"
            loading={fetching}
            disabled={refused !== null}
            title={refused ?? undefined}
            onClick={sendAgain}
          >
            Send again
          </Button>
        )
      }
    >
      <Facts
        facts={[
          [
            'Address',
            <span key="url" className="mono">
              {plainText(influx.url)}
            </span>,
          ],
          ['Database', plainText(influx.database)],
          ['State', states[influx.state]],
          [
            'Records',
            influx.lacksRecords
              ? 'InfluxDB lacks records that it had accepted. They are being written again; until then this server’s catalogue answers.'
              : null,
          ],
          ['Reason', influx.reason && plainText(sentence(influx.reason))],
          ['How to fix', influx.mend && plainText(influx.mend)],
          ['Next attempt', isStuck && influx.nextAttemptAt ? <Moment key="next" at={influx.nextAttemptAt} /> : null],
          ['Queued', `${formatCount(influx.waiting)} lines`],
          ['Queued since', influx.waitingSince && <Age key="since" at={influx.waitingSince} />],
          ['Rejected', influx.dead > 0 ? `${formatCount(influx.dead)} lines` : null],
          [
            'Dropped',
            influx.overflowed > 0 ? `${formatCount(influx.overflowed)} lines; memoir records sync writes them` : null,
          ],
          ['Last accepted', influx.lastAcceptedAt && <Age key="last" at={influx.lastAcceptedAt} />],
        ]}
      />
      {influx.dead > 0 && refused === null && <RefusedLines dead={influx.dead} />}
    </Panel>
  );
}

const shown = 5;

/** The oldest of the lines that were refused, and what was said of them. */
function RefusedLines({ dead }: { readonly dead: number }) {
  const { data } = useFreshQuery(DeadLettersDocument, { first: shown }, ['service']);
  const letters = data?.deadLetters.nodes ?? [];
  return (
    <ul className={styles.letters} aria-label="Rejected lines">
      {letters.map(({ seq, line, reason }) => (
        <li key={seq}>
          <code>{plainText(line)}</code>
          <p>{plainText(sentence(reason))}</p>
        </li>
      ))}
      {dead > letters.length && letters.length > 0 && <li>and {formatCount(dead - letters.length)} more</li>}
    </ul>
  );
}

function sentOf(retried: number): string {
  if (retried === 0) return 'Trying again now';
  return retried === 1 ? 'Sending 1 line again' : `Sending ${formatCount(retried)} lines again`;
}
