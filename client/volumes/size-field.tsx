import { NumberInput } from '@mantine/core';
import { Choice } from '../ui/choice.tsx';
import { type SizeUnit, sizeUnits, type TypedSize } from './volume-view.ts';
import styles from './volumes.module.css';

interface Props {
  readonly label: string;
  readonly size: TypedSize;
  readonly change: (size: TypedSize) => void;
}

/** A number and its unit. */
export function SizeField({ label, size, change }: Props) {
  return (
    <div className={styles.size}>
      <NumberInput
        label={label}
        min={0}
        value={size.amount}
        onChange={(value) => change({ ...size, amount: Number(value) || 0 })}
        required
      />
      <Choice<SizeUnit>
        label="Unit"
        choices={sizeUnits.map((unit) => ({ value: unit, label: unit }))}
        value={size.unit}
        change={(unit) => change({ ...size, unit })}
      />
    </div>
  );
}
