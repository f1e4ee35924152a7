import type { ErrorShape } from '../../domain/memoir-error.ts';
import type { ArtifactKey } from '../../storage/artifact-store.ts';
import type { ComparedBy, HeapDiff } from './diff.ts';
import type { HeapObject } from './object-list.ts';
import type { HeapSummary } from './summary.ts';

/** What the analysis thread is asked; snapshots are named by where they lie. */
export type AnalysisJob =
  | { readonly type: 'SUMMARY'; readonly key: ArtifactKey }
  | {
      readonly type: 'DIFF';
      readonly before: ArtifactKey;
      readonly after: ArtifactKey;
      readonly comparedBy: ComparedBy;
    }
  | { readonly type: 'RETAINERS'; readonly key: ArtifactKey; readonly node: number; readonly first: number }
  | { readonly type: 'OBJECTS'; readonly key: ArtifactKey; readonly classKey: string; readonly first: number }
  | { readonly type: 'PATH'; readonly key: ArtifactKey; readonly node: number };

export interface AnalysisResults {
  SUMMARY: HeapSummary;
  DIFF: HeapDiff;
  RETAINERS: readonly HeapObject[];
  OBJECTS: readonly HeapObject[];
  PATH: readonly HeapObject[];
}

export interface AnalysisRequest {
  readonly id: number;
  readonly job: AnalysisJob;
}

export type AnalysisReport =
  | { readonly id: number; readonly result: AnalysisResults[keyof AnalysisResults] }
  | { readonly id: number; readonly error: ErrorShape };
