import { Button, TextInput } from '@mantine/core';
import { useDeferredValue, useState } from 'react';
import { HeapDiffDocument, type HeapDiffQuery } from '../api/generated/graphql.ts';
import { useFreshQuery } from '../api/use-fresh-query.ts';
import { formatBytes } from '../format/bytes.ts';
import { formatCount } from '../format/count.ts';
import { plainText } from '../format/plain-text.ts';
import { Action } from '../ui/action.tsx';
import { Empty, Failure, Loading } from '../ui/answer-states.tsx';
import { cell, DataTable } from '../ui/data-table.tsx';
import { Panel } from '../ui/panel.tsx';
import styles from './heaps.module.css';
import { ObjectTree } from './object-tree.tsx';

const pageSize = 25;
const signed = (bytes: number): string => `${bytes > 0 ? '+' : ''}${formatBytes(bytes)}`;

type Diff = HeapDiffQuery['heapDiff'];

/** What changed between two snapshots: the suspects in a sentence each, then class by class. */
export function DiffPanel({ before, after }: { readonly before: string; readonly after: string }) {
  const [text, setText] = useState('');
  const search = useDeferredValue(text);
  const [offset, setOffset] = useState(0);
  const variables = { before, after, search, offset };
  const { data, error, refresh } = useFreshQuery(HeapDiffDocument, variables, ['access']);
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
          <Suspects diff={diff} after={after} />
          <search className={styles.tools}>
            <TextInput
              label="Search classes and scripts"
              value={text}
              onChange={(event) => {
                setText(event.currentTarget.value);
                setOffset(0);
              }}
            />
            <p className="dim">
              {diff.comparedBy === 'IDENTITY'
                ? 'Objects were followed from one snapshot to the other: new means new.'
                : 'The snapshots are of different sessions: only numbers of objects are compared.'}
            </p>
          </search>
          {diff.classes.length === 0 ? <Empty>No class matches.</Empty> : <ClassTable diff={diff} after={after} />}
          {diff.totalCount > pageSize && (
            <nav className={styles.pages} aria-label="Pages of classes">
              <Button
                size="compact-sm"
                variant="default"
                disabled={offset === 0}
                onClick={() => setOffset(Math.max(0, offset - pageSize))}
              >
                Previous
              </Button>
              <Button
                size="compact-sm"
                variant="default"
                disabled={offset + pageSize >= diff.totalCount}
                onClick={() => setOffset(offset + pageSize)}
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

function Suspects({ diff, after }: { readonly diff: Diff; readonly after: string }) {
  if (diff.suspects.length === 0) return <Empty>Nothing piles up between the two.</Empty>;
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

function ClassTable({ diff, after }: { readonly diff: Diff; readonly after: string }) {
  const [open, setOpen] = useState<string | null>(null);
  return (
    <>
      <DataTable
        cardsBelow="56em"
        head={
          <>
            <th scope="col">Class</th>
            <th scope="col" className="number">
              New
            </th>
            <th scope="col" className="number">
              Gone
            </th>
            <th scope="col" className="number">
              Now
            </th>
            <th scope="col" className="number">
              Size
            </th>
            <th scope="col" className="number">
              Retained
            </th>
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
