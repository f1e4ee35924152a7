import { Button, TextInput } from '@mantine/core';
import { useDeferredValue, useState } from 'react';
import {
  type HeapClassOrder,
  HeapDiffDocument,
  type HeapDiffQuery,
  HeapEndsDocument,
} from '../api/generated/graphql.ts';
import { useFreshQuery } from '../api/use-fresh-query.ts';
import { formatBytes } from '../format/bytes.ts';
import { formatCount } from '../format/count.ts';
import { plainText } from '../format/plain-text.ts';
import { useAddress } from '../state/address.ts';
import { Action } from '../ui/action.tsx';
import { Empty, Failure, Loading } from '../ui/answer-states.tsx';
import { cell, DataTable } from '../ui/data-table.tsx';
import { Facts } from '../ui/facts.tsx';
import { Panel } from '../ui/panel.tsx';
import { SortHeading, type Sorting } from '../ui/sort-heading.tsx';
import { readDiffView, writeDiffView } from './diff-address.ts';
import styles from './heaps.module.css';
import { ObjectTree } from './object-tree.tsx';

const pageSize = 25;
const signed = (bytes: number): string => `${bytes > 0 ? '+' : bytes < 0 ? '−' : ''}${formatBytes(Math.abs(bytes))}`;

type Diff = HeapDiffQuery['heapDiff'];

/** What changed between two snapshots: the suspects in a sentence each, then class by class. */
export function DiffPanel({ before, after }: { readonly before: string; readonly after: string }) {
  const [view, change] = useAddress(readDiffView, writeDiffView);
  const { search, order, ascending, offset } = view;
  const variables = { before, after, search: useDeferredValue(search), order, ascending, offset };
  const { data, error, refresh } = useFreshQuery(HeapDiffDocument, variables, ['access']);
  const sorting: Sorting<HeapClassOrder> = {
    by: order,
    direction: ascending ? 'ASC' : 'DESC',
    change: (by) =>
      change({ order: by, ascending: by === order ? !ascending : by === 'NAME', offset: 0 }, { replace: true }),
  };
  const diff = data?.heapDiff;
  return (
    <Panel
      title="Comparison"
      note={diff && `${formatBytes(diff.beforeBytes)} → ${formatBytes(diff.afterBytes)}`}
      actions={<Action href="/heaps">Close</Action>}
      flush
    >
      {error && !diff ? (
        <Failure error={error} retry={refresh} />
      ) : !diff ? (
        <Loading lines={8} label="Comparing the snapshots" />
      ) : (
        <>
          <Ends before={before} after={after} />
          <Suspects diff={diff} after={after} />
          <search className={styles.tools}>
            <TextInput
              label="Search classes and scripts"
              value={search}
              onChange={(event) => change({ search: event.currentTarget.value, offset: 0 }, { replace: true })}
            />
            <p className="dim">
              {diff.comparedBy === 'IDENTITY'
                ? 'Objects were followed from one snapshot to the other: new means new.'
                : 'The snapshots are of different sessions: only numbers of objects are compared.'}
            </p>
          </search>
          {diff.classes.length === 0 ? (
            <Empty>No class matches.</Empty>
          ) : (
            <ClassTable diff={diff} after={after} sorting={sorting} />
          )}
          {diff.totalCount > pageSize && (
            <nav className={styles.pages} aria-label="Pages of classes">
              <span className="dim">
                {formatCount(offset + 1)}–{formatCount(Math.min(offset + pageSize, diff.totalCount))} of{' '}
                {formatCount(diff.totalCount)}
              </span>
              <Button
                size="compact-sm"
                variant="default"
                disabled={offset === 0}
                onClick={() => change({ offset: Math.max(0, offset - pageSize) })}
              >
                Previous
              </Button>
              <Button
                size="compact-sm"
                variant="default"
                disabled={offset + pageSize >= diff.totalCount}
                onClick={() => change({ offset: offset + pageSize })}
              >
                Next
              </Button>
            </nav>
          )}
        </>
      )}
    </Panel>
  );
}

/** What a snapshot does not hold, beside it: what grows is often there. */
function Ends({ before, after }: { readonly before: string; readonly after: string }) {
  const { data } = useFreshQuery(HeapEndsDocument, { before, after }, ['access']);
  const [from, to] = [data?.before, data?.after];
  if (from?.rssBytes == null || to?.rssBytes == null) return null;
  const change = (a: number | null | undefined, b: number | null | undefined): string =>
    a == null || b == null ? '–' : `${formatBytes(a)} → ${formatBytes(b)} (${signed(b - a)})`;
  return (
    <section className={styles.ends} aria-label="Memory of the process">
      <Facts
        facts={[
          ['Heap', change(from.usedHeapBytes, to.usedHeapBytes)],
          ['Not in the heap', change(from.externalBytes, to.externalBytes)],
          ['Of that, buffers', change(from.arrayBuffersBytes, to.arrayBuffersBytes)],
          ['Whole process', change(from.rssBytes, to.rssBytes)],
        ]}
      />
    </section>
  );
}

function Suspects({ diff, after }: { readonly diff: Diff; readonly after: string }) {
  if (diff.suspects.length === 0) return <Empty>Nothing grew between the two.</Empty>;
  return (
    <ul className={styles.suspects} aria-label="Leak suspects">
      {diff.suspects.map(({ sentence, path }) => (
        <li key={sentence}>
          <details>
            <summary>{plainText(sentence)}</summary>
            <ol className={styles.path}>
              {path.map(({ edge, name, node }) => (
                <li key={node}>
                  <span className="dim">{plainText(edge)}</span> {plainText(name)}
                </li>
              ))}
            </ol>
            <ObjectTree id={after} node={path.at(-1)?.node ?? 0} />
          </details>
        </li>
      ))}
    </ul>
  );
}

interface TableProps {
  readonly diff: Diff;
  readonly after: string;
  readonly sorting: Sorting<HeapClassOrder>;
}

function ClassTable({ diff, after, sorting }: TableProps) {
  const [open, setOpen] = useState<string | null>(null);
  return (
    <>
      <DataTable
        cardsBelow="56em"
        head={
          <>
            <SortHeading label="Class" by="NAME" sorting={sorting} />
            <SortHeading label="New" by="NEW" sorting={sorting} number />
            <SortHeading label="Gone" by="GONE" sorting={sorting} number />
            <SortHeading label="Now" by="COUNT" sorting={sorting} number />
            <SortHeading label="Size" by="DELTA" sorting={sorting} number />
            <SortHeading label="Retained" by="RETAINED" sorting={sorting} number />
            <th scope="col">Defined in</th>
          </>
        }
      >
        {diff.classes.map((row) => (
          <tr key={row.key}>
            <th scope="row" className={cell.first}>
              <Action
                press={() => setOpen(open === row.key ? null : row.key)}
                label={`Show objects of ${plainText(row.name)}`}
              >
                {plainText(row.name)}
              </Action>
            </th>
            <td data-label="New" className="number">
              {formatCount(row.newCount)}
            </td>
            <td data-label="Gone" className="number">
              {formatCount(row.goneCount)}
            </td>
            <td data-label="Now" className="number">
              {formatCount(row.afterCount)}
            </td>
            <td data-label="Size" className="number">
              {signed(row.deltaBytes)}
            </td>
            <td data-label="Retained" className="number">
              {formatBytes(row.retainedBytes)}
            </td>
            <td data-label="Defined in" className={styles.script}>
              {row.script === null ? '' : plainText(`${row.script}:${row.line}`)}
            </td>
          </tr>
        ))}
      </DataTable>
      {open !== null && <ObjectTree key={open} id={after} classKey={open} />}
    </>
  );
}
