import type { CombinedError } from 'urql';
import type { ForecastFragment } from '../api/generated/graphql.ts';
import { methodLabels } from '../dumps/forecast.ts';
import { formatBytes } from '../format/bytes.ts';
import { sentence } from '../format/sentence.ts';
import { Failure, Loading } from '../ui/answer-states.tsx';
import { Facts } from '../ui/facts.tsx';
import { Panel } from '../ui/panel.tsx';
import { PauseMeter } from '../ui/pause-meter.tsx';
import styles from './machines.module.css';

interface Props {
  readonly forecast: ForecastFragment | undefined;
  readonly error: CombinedError | undefined;
}

/** Both methods as they would go now: the pause, or what stands in the way and what would help. */
export function ForecastPanel({ forecast, error }: Props) {
  return (
    <Panel title="Estimated impact">
      {!forecast ? (
        error ? (
          <Failure error={error} />
        ) : (
          <Loading lines={4} label="Checking the machine" />
        )
      ) : (
        <>
          <ul className={styles.methods}>
            {forecast.methods.map(({ method, possible, expectedPauseMs }) => (
              <li key={method} data-off={possible ? undefined : ''}>
                <strong>{methodLabels[method]}</strong>
                {possible ? (
                  <PauseMeter pauseMs={expectedPauseMs} expected unknown="pause unknown" />
                ) : (
                  <span className="dim">not possible</span>
                )}
                {method === forecast.automatic && <span className={styles.chosen}>recommended</span>}
                {forecast.blockers
                  .filter((blocker) => blocker.method === method)
                  .map(({ code, reason }) => (
                    <p key={code + reason}>
                      {sentence(reason)} <code>{code}</code>
                    </p>
                  ))}
              </li>
            ))}
          </ul>
          <Facts
            facts={[
              ['Reason', sentence(forecast.automaticReason)],
              ['Memory', formatBytes(forecast.memoryBytes)],
              [
                'Space',
                <span key="space" className={forecast.enoughSpace ? undefined : styles.short}>
                  up to {formatBytes(forecast.expectedSizeBytes)} of {formatBytes(forecast.freeBytes)} free
                  {forecast.enoughSpace ? '' : ': not enough free space'}
                </span>,
              ],
            ]}
          />
        </>
      )}
    </Panel>
  );
}
