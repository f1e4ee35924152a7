/** What allocated how much, by V8's sampling: a tree of functions. */
export interface AllocationNode {
  readonly name: string;
  readonly script: string;
  readonly line: number;
  readonly selfBytes: number;
  readonly children: readonly AllocationNode[];
}

/** As the protocol has it (HeapProfiler.SamplingHeapProfileNode). */
export interface ProfileNode {
  readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
  readonly selfSize: number;
  readonly children?: readonly ProfileNode[];
}

/** Stacks deeper than this are cut: V8 samples 16 frames unless told. */
const maxDepth = 256;

export function toAllocationNode({ callFrame, selfSize, children = [] }: ProfileNode, depth = 0): AllocationNode {
  return {
    name: callFrame.functionName || '(anonymous)',
    script: callFrame.url,
    line: callFrame.lineNumber + 1,
    selfBytes: selfSize,
    children: depth < maxDepth ? children.map((child) => toAllocationNode(child, depth + 1)) : [],
  };
}
