import { useState } from 'react';
import { ScreenHeading } from '../shell/screen-heading.tsx';
import { CaptureDialog } from './capture-dialog.tsx';
import { DiffPanel } from './diff-panel.tsx';
import { PairsPanel } from './pairs-panel.tsx';
import { type HeapTarget, TargetsPanel } from './targets-panel.tsx';

/** Heaps of Node.js processes: whose can be captured, what was captured, and what grew in between. */
export function Heaps({ before, after }: { readonly before: string | undefined; readonly after: string | undefined }) {
  const [target, choose] = useState<HeapTarget | null>(null);
  return (
    <>
      <ScreenHeading title="Heaps" />
      {before !== undefined && after !== undefined && (
        <DiffPanel key={`${before}/${after}`} before={before} after={after} />
      )}
      <PairsPanel />
      <TargetsPanel capture={choose} />
      {target !== null && <CaptureDialog target={target} close={() => choose(null)} />}
    </>
  );
}
