import { SegmentedControl } from '@mantine/core';
import { useId } from 'react';
import type { Compression, ImageFormat, MethodChoice } from '../../api/generated/graphql.ts';
import styles from './plan-dialog.module.css';

interface Props {
  readonly method: MethodChoice;
  readonly setMethod: (method: MethodChoice) => void;
  readonly format: ImageFormat;
  readonly setFormat: (format: ImageFormat) => void;
  readonly compression: Compression;
  readonly setCompression: (compression: Compression) => void;
}

const methods: Record<MethodChoice, string> = { AUTO: 'Automatic', SNAPSHOT: 'Snapshot', CORE_DUMP: 'Core dump' };
const formats: Record<ImageFormat, string> = { ELF: 'ELF core', RAW: 'Raw' };
const compressions: Record<Compression, string> = { ZSTD: 'zstd', GZIP: 'gzip', NONE: 'None' };

/** How to dump; the defaults are right nearly always. */
export function PlanOptions(props: Props) {
  return (
    <div className={styles.options}>
      <Choice label="Method" choices={methods} value={props.method} set={props.setMethod} />
      <Choice label="Format" choices={formats} value={props.format} set={props.setFormat} />
      <Choice label="Compression" choices={compressions} value={props.compression} set={props.setCompression} />
    </div>
  );
}

function Choice<T extends string>(props: {
  readonly label: string;
  readonly choices: Record<T, string>;
  readonly value: T;
  readonly set: (value: T) => void;
}) {
  const id = useId();
  const data = Object.entries<string>(props.choices).map(([value, label]) => ({ value, label }));
  return (
    <div className={styles.choice}>
      <span id={id}>{props.label}</span>
      <SegmentedControl
        size="xs"
        data={data}
        value={props.value}
        onChange={(value) => props.set(value as T)}
        aria-labelledby={id}
      />
    </div>
  );
}
