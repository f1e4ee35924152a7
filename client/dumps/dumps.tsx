import { Button } from '@mantine/core';
import { Suspense, useState } from 'react';
import { useLocation, useSearch } from 'wouter';
import { type DumpRecordSort, RecordsDocument } from '../api/generated/graphql.ts';
import { useFreshQuery } from '../api/use-fresh-query.ts';
import { formatCount } from '../format/count.ts';
import { Details } from '../parts.ts';
import { BulkBar } from '../records/bulk-bar.tsx';
import { ExportButton } from '../records/export-button.tsx';
import { RecordTable } from '../records/record-table.tsx';
import { RecordToggles } from '../records/record-toggles.tsx';
import { RecordTools } from '../records/record-tools.tsx';
import {
  defaultView,
  isFiltered,
  pageSizes,
  type RecordView,
  readRecordView,
  recordFilter,
  recordOrder,
  writeRecordView,
} from '../records/record-view.ts';
import styles from '../records/records.module.css';
import { useSelection } from '../records/use-selection.ts';
import { ScreenHeading } from '../shell/screen-heading.tsx';
import { useAddress } from '../state/address.ts';
import { useFreshness } from '../state/freshness.ts';
import { usePage } from '../state/page.ts';
import { useStore } from '../state/store.ts';
import { Empty, Failure, Loading, Warnings } from '../ui/answer-states.tsx';
import { Pager } from '../ui/pager.tsx';
import { Panel } from '../ui/panel.tsx';
import { FailedDumps } from './failed-dumps.tsx';
import { RunningDumps } from './running-dumps.tsx';

/** All dumps: failed, in progress, and the records of finished ones. */
export function Dumps({ id }: { readonly id: string | undefined }) {
  const [view, change] = useAddress(readRecordView, writeRecordView);
  const query = useSearch();
  const [, navigate] = useLocation();
  return (
    <>
      <ScreenHeading title="Dumps" />
      <FailedDumps className={styles.running} />
      <RunningDumps hideEmpty className={styles.running} />
      <Records view={view} change={change} />
      {id !== undefined && (
        <Suspense fallback={null}>
          <Details key={id} id={id} close={() => navigate(`/dumps${query && `?${query}`}`)} />
        </Suspense>
      )}
    </>
  );
}

interface Props {
  readonly view: RecordView;
  readonly change: (part: Partial<RecordView>, options?: { readonly replace?: boolean }) => void;
}

function Records({ view, change }: Props) {
  const { preferences } = usePage();
  const zone = useStore(preferences.zone);
  const live = useStore(preferences.live) === 'ON';
  const filter = recordFilter(view, zone);
  const orderBy = recordOrder(view);
  const variables = { filter, orderBy, first: view.size, offset: (view.page - 1) * view.size };
  const { data, error, fetching, refresh } = useFreshQuery(RecordsDocument, variables, ['records'], {
    frozen: !live,
  });
  const answer = data?.dumpRecords;
  const selection = useSelection(answer?.nodes.map(({ id }) => id) ?? []);

  function sort(by: DumpRecordSort): void {
    const turned = view.direction === 'DESC' ? 'ASC' : 'DESC';
    change({ sort: by, direction: by === view.sort ? turned : by === 'VM' ? 'ASC' : 'DESC', page: 1 });
  }

  return (
    <Panel
      title="Records"
      note={answer?.totalCount != null ? formatCount(answer.totalCount) : undefined}
      flush
      actions={
        <>
          {!live && <News refresh={refresh} />}
          <RecordToggles />
          <ExportButton filter={filter} orderBy={orderBy} total={answer?.totalCount ?? null} />
        </>
      }
    >
      <RecordTools view={view} change={change} />
      {answer && <Warnings warnings={answer.warnings} />}
      {error && !answer ? (
        <Failure error={error} retry={refresh} />
      ) : !answer ? (
        <Loading lines={10} label="Loading the records" />
      ) : answer.nodes.length === 0 && view.page === 1 ? (
        isFiltered(view) ? (
          <Empty
            action={
              <Button variant="default" onClick={() => change(defaultView)}>
                Reset filters
              </Button>
            }
          >
            No dumps match the filters.
          </Empty>
        ) : (
          <Empty>No dumps yet. Completed dumps appear here.</Empty>
        )
      ) : (
        <>
          {error && <Failure error={error} retry={refresh} />}
          <RecordTable
            records={answer.nodes}
            sorting={{ by: view.sort, direction: view.direction, change: sort }}
            busy={fetching}
            selection={selection}
          />
          <Pager
            page={view.page}
            size={view.size}
            total={answer.totalCount ?? null}
            rows={answer.nodes.length}
            hasNext={answer.pageInfo.hasNextPage}
            sizes={pageSizes}
            go={(page) => change({ page })}
            resize={(size) => change({ size, page: 1 })}
          />
          <BulkBar records={answer.nodes} selection={selection} />
        </>
      )}
    </Panel>
  );
}

/** While the list is frozen: the offer to bring it up to date, once there is a reason. */
function News({ refresh }: { readonly refresh: () => void }) {
  const version = useFreshness(['records']);
  const [shown, setShown] = useState(version);
  if (version === shown) return null;
  return (
    <Button
      size="compact-sm"
      variant="default"
      onClick={() => {
        setShown(version);
        refresh();
      }}
    >
      Show new dumps
    </Button>
  );
}
