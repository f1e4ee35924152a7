import { useState } from 'react';
import { ScreenHeading } from '../shell/screen-heading.tsx';
import { CaptureDialog } from './capture-dialog.tsx';
import { DiffPanel } from './diff-panel.tsx';
import styles from './heaps.module.css';
import { PairsPanel } from './pairs-panel.tsx';
import { RunningCaptures } from './running-captures.tsx';
import { SampleDialog } from './sample-dialog.tsx';
import { type HeapTarget, type Look, TargetsPanel } from './targets-panel.tsx';

interface Asked {
  readonly target: HeapTarget;
  readonly how: Look;
}

/** Heaps of Node.js processes: whose can be captured, what was captured, and what grew in between. */
export function Heaps({ before, after }: { readonly before: string | undefined; readonly after: string | undefined }) {
  const [asked, ask] = useState<Asked | null>(null);
  const close = () => ask(null);
  return (
    <>
      <ScreenHeading title="Heaps" />
      <div className={styles.panels}>
        {before !== undefined && after !== undefined && (
          <DiffPanel key={`${before}/${after}`} before={before} after={after} />
        )}
        <RunningCaptures />
        <PairsPanel />
        <TargetsPanel ask={(target, how) => ask({ target, how })} />
      </div>
      {asked?.how === 'SAMPLE' && (
        <SampleDialog target={asked.target} close={close} capture={() => ask({ ...asked, how: 'CAPTURE' })} />
      )}
      {asked?.how === 'CAPTURE' && <CaptureDialog target={asked.target} close={close} />}
    </>
  );
}
