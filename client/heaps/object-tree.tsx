import { useState } from 'react';
import {
  type HeapObjectFieldsFragment as HeapObject,
  HeapObjectsDocument,
  HeapRetainersDocument,
} from '../api/generated/graphql.ts';
import { useFreshQuery } from '../api/use-fresh-query.ts';
import { formatBytes } from '../format/bytes.ts';
import { plainText } from '../format/plain-text.ts';
import { Failure, Loading } from '../ui/answer-states.tsx';
import styles from './heaps.module.css';

type Props = { readonly id: string } & ({ readonly node: number } | { readonly classKey: string });

/** What leads to an object, or the largest objects of a class; each opens to what leads to it. */
export function ObjectTree(props: Props) {
  return 'node' in props ? (
    <Retainers id={props.id} node={props.node} />
  ) : (
    <Objects id={props.id} classKey={props.classKey} />
  );
}

function Objects({ id, classKey }: { readonly id: string; readonly classKey: string }) {
  const { data, error, refresh } = useFreshQuery(HeapObjectsDocument, { id, classKey }, ['access']);
  if (error && !data) return <Failure error={error} retry={refresh} />;
  if (!data) return <Loading lines={3} label="Reading the snapshot" />;
  return <Branch id={id} objects={data.heapObjects ?? []} label="The largest objects, each with what holds it" />;
}

function Retainers({ id, node }: { readonly id: string; readonly node: number }) {
  const { data, error, refresh } = useFreshQuery(HeapRetainersDocument, { id, node }, ['access']);
  if (error && !data) return <Failure error={error} retry={refresh} />;
  if (!data) return <Loading lines={2} label="Reading the snapshot" />;
  return <Branch id={id} objects={data.heapRetainers ?? []} label="Held by" />;
}

interface BranchProps {
  readonly id: string;
  readonly objects: readonly HeapObject[];
  readonly label: string;
}

function Branch({ id, objects, label }: BranchProps) {
  return (
    <ul className={styles.tree} aria-label={label}>
      {objects.map((object) => (
        <Item key={`${object.node} ${object.edge}`} id={id} object={object} />
      ))}
    </ul>
  );
}

function Item({ id, object }: { readonly id: string; readonly object: HeapObject }) {
  const [open, setOpen] = useState(false);
  const text = (
    <>
      {object.edge !== null && <span className="dim">{plainText(object.edge)} in </span>}
      {plainText(object.name)} <span className="dim">@{object.objectId}</span> {formatBytes(object.retainedBytes)}
    </>
  );
  if (object.retainerCount === 0) return <li>{text}</li>;
  return (
    <li>
      <details onToggle={(event) => setOpen(event.currentTarget.open)}>
        <summary>{text}</summary>
        {open && <Retainers id={id} node={object.node} />}
      </details>
    </li>
  );
}
