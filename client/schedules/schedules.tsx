import { Button } from '@mantine/core';
import { useState } from 'react';
import { SchedulesDocument } from '../api/generated/graphql.ts';
import { useFreshQuery } from '../api/use-fresh-query.ts';
import { ScreenHeading } from '../shell/screen-heading.tsx';
import { useGuard } from '../state/authority.ts';
import { Empty, Failure, Loading } from '../ui/answer-states.tsx';
import { DataTable } from '../ui/data-table.tsx';
import { Panel } from '../ui/panel.tsx';
import { NewSchedule } from './new-schedule.tsx';
import { ScheduleDetails } from './schedule-details.tsx';
import { ScheduleRow } from './schedule-row.tsx';

/** What is captured by itself, and when next. */
export function Schedules() {
  const { data, error, refresh } = useFreshQuery(SchedulesDocument, {}, ['operations']);
  const [making, setMaking] = useState(false);
  const [shown, setShown] = useState<string | null>(null);
  const off = useGuard()('trigger');
  const opened = data?.schedules.find(({ id }) => id === shown);
  const create = (
    <Button
      size="compact-sm"
      variant="default"
      onClick={() => setMaking(true)}
      disabled={off !== null}
      title={off ?? undefined}
    >
      New schedule…
    </Button>
  );
  return (
    <>
      <ScreenHeading title="Schedules" />
      <Panel title="All schedules" flush actions={data?.schedules.length === 0 ? undefined : create}>
        {error && !data ? (
          <Failure error={error} retry={refresh} />
        ) : !data ? (
          <Loading lines={4} />
        ) : data.schedules.length === 0 ? (
          <Empty action={create}>No schedules yet. A schedule dumps machines at set times.</Empty>
        ) : (
          <DataTable
            cardsBelow="64em"
            head={
              <>
                <th scope="col">Name</th>
                <th scope="col">When</th>
                <th scope="col">Machines</th>
                <th scope="col">Last run</th>
                <th scope="col">Next</th>
                <th scope="col">
                  <span className="unseen">Actions</span>
                </th>
              </>
            }
          >
            {data.schedules.map((schedule) => (
              <ScheduleRow
                key={schedule.id}
                schedule={schedule}
                off={off}
                refresh={refresh}
                show={() => setShown(schedule.id)}
              />
            ))}
          </DataTable>
        )}
      </Panel>
      {making && <NewSchedule close={() => setMaking(false)} done={refresh} />}
      {opened && <ScheduleDetails schedule={opened} close={() => setShown(null)} />}
    </>
  );
}
