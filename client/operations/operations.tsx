import { Button } from '@mantine/core';
import { useLocation, useSearch } from 'wouter';
import { OperationsDocument, ServiceDocument } from '../api/generated/graphql.ts';
import { useFreshQuery } from '../api/use-fresh-query.ts';
import { formatCount } from '../format/count.ts';
import { ScreenHeading } from '../shell/screen-heading.tsx';
import { useAddress } from '../state/address.ts';
import { kindLabel } from '../state/event-text.ts';
import { Empty, Failure, Loading } from '../ui/answer-states.tsx';
import { Choice } from '../ui/choice.tsx';
import { Icon } from '../ui/icon.tsx';
import { Panel } from '../ui/panel.tsx';
import { stateLabel } from '../ui/state-badge.tsx';
import { OperationDialog } from './operation-dialog.tsx';
import { OperationTable } from './operation-table.tsx';
import { operationStates, operationVariables, readOperationView, writeOperationView } from './operation-view.ts';
import styles from './operations.module.css';

const newest = { after: '', before: '' };

/** The journal: every piece of work of every kind, and what became of it. */
export function Operations({ id }: { readonly id: string | undefined }) {
  const [view, change] = useAddress(readOperationView, writeOperationView);
  const query = useSearch();
  const [, navigate] = useLocation();
  const { data, error, refresh } = useFreshQuery(OperationsDocument, operationVariables(view), ['operations']);
  const service = useFreshQuery(ServiceDocument, {}, ['service']);
  const kinds = [...new Set([...(service.data?.service.operationCounts ?? []).map(({ kind }) => kind), view.kind])];
  const page = data?.operations;

  return (
    <>
      <ScreenHeading title="Operations" />
      <Panel title="Journal" note={page && formatCount(page.totalCount)} flush>
        <search className={styles.tools}>
          <Choice
            label="Kind"
            value={view.kind}
            change={(kind) => change({ kind, ...newest })}
            choices={[
              { value: '', label: 'All kinds' },
              ...kinds.filter((kind) => kind !== '').map((kind) => ({ value: kind, label: kindLabel(kind) })),
            ]}
          />
          <Choice
            label="State"
            value={view.state}
            change={(state) => change({ state, ...newest })}
            choices={[
              { value: '', label: 'All states' },
              ...operationStates.map((value) => ({ value, label: stateLabel(value) })),
            ]}
          />
        </search>
        {error && !page ? (
          <Failure error={error} retry={refresh} />
        ) : !page ? (
          <Loading lines={10} label="Loading the journal" />
        ) : page.nodes.length === 0 ? (
          <Empty>{view.kind || view.state ? 'No operations match the filters.' : 'No operations yet.'}</Empty>
        ) : (
          <OperationTable operations={page.nodes} />
        )}
        {page && (page.pageInfo.hasNextPage || page.pageInfo.hasPreviousPage) && (
          <nav className={styles.pages} aria-label="Pages">
            <Button
              size="compact-sm"
              variant="default"
              disabled={view.after === '' && view.before === ''}
              onClick={() => change(newest)}
            >
              Newest
            </Button>
            <Button
              size="compact-sm"
              variant="default"
              leftSection={<Icon name="left" />}
              disabled={!page.pageInfo.hasPreviousPage}
              onClick={() => change({ after: '', before: page.pageInfo.startCursor ?? '' })}
            >
              Newer
            </Button>
            <Button
              size="compact-sm"
              variant="default"
              rightSection={<Icon name="right" />}
              disabled={!page.pageInfo.hasNextPage}
              onClick={() => change({ after: page.pageInfo.endCursor ?? '', before: '' })}
            >
              Older
            </Button>
          </nav>
        )}
      </Panel>
      {id !== undefined && (
        <OperationDialog key={id} id={id} close={() => navigate(`/operations${query && `?${query}`}`)} />
      )}
    </>
  );
}
