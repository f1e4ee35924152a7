import { fieldOf } from '../domain/field.ts';

/** What allocated how much, by V8's sampling: a tree of functions. */
export interface AllocationNode {
  readonly name: string;
  readonly script: string;
  readonly line: number;
  readonly selfBytes: number;
  readonly children: readonly AllocationNode[];
}

/** Stacks deeper than this are cut: V8 samples 16 frames unless told. */
const maxDepth = 256;

/** Reads a node as the protocol has it (HeapProfiler.SamplingHeapProfileNode). */
export function toAllocationNode(node: unknown, depth = 0): AllocationNode {
  const callFrame = fieldOf(node, 'callFrame');
  const children = fieldOf(node, 'children');
  return {
    name: String(fieldOf(callFrame, 'functionName') || '(anonymous)'),
    script: String(fieldOf(callFrame, 'url') ?? ''),
    line: Number(fieldOf(callFrame, 'lineNumber') ?? 0) + 1,
    selfBytes: Number(fieldOf(node, 'selfSize') ?? 0),
    children:
      Array.isArray(children) && depth < maxDepth ? children.map((child) => toAllocationNode(child, depth + 1)) : [],
  };
}
