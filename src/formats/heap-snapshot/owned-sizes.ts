import { release, sizeAt, wordAt } from './columns.ts';
import { edgeKind, edgeTarget, type HeapGraph } from './heap-graph.ts';
import { edgeType, nodeType } from './snapshot-format.ts';

/**
 * Own sizes as DevTools shows them (HeapSnapshot.ts, calculateShallowSizes): what V8 keeps in hidden nodes and arrays for
 * exactly one object (its properties, its elements, a Map's table) counts as that object's.
 */
export function ownedSizes(graph: HeapGraph): Uint32Array | Float64Array {
  const { nodeCount, nodeTypes, edges, firstEdge } = graph;
  const unvisited = 0xffff_ffff;
  const several = 0xffff_fffe;
  const owners = new Uint32Array(nodeCount);
  // A node waits here at most twice: when its owner is found, and when a second one is.
  const waiting = new Uint32Array(nodeCount * 2);
  let height = 0;
  for (let node = 0; node < nodeCount; node++) {
    const type = nodeTypes[node];
    if (type === nodeType.hidden || type === nodeType.array) {
      owners[node] = unvisited;
    } else {
      owners[node] = node;
      waiting[height++] = node;
    }
  }
  while (height > 0) {
    const node = wordAt(waiting, --height);
    const owner = wordAt(owners, node);
    const end = wordAt(firstEdge, node + 1);
    for (let edge = wordAt(firstEdge, node); edge < end; edge++) {
      if (edgeKind(edges, edge) === edgeType.weak) continue;
      const target = edgeTarget(edges, edge);
      const before = wordAt(owners, target);
      if (before === target || before === owner || before === several) continue;
      owners[target] = before === unvisited ? owner : several;
      waiting[height++] = target;
    }
  }
  release(waiting);
  const sizes = graph.selfSizes.toArray();
  for (let node = 0; node < nodeCount; node++) {
    const owner = wordAt(owners, node);
    if (owner === node || owner >= several) continue;
    if (owner === 0 || nodeTypes[owner] === nodeType.synthetic) continue;
    const moved = sizeAt(sizes, owner) + sizeAt(sizes, node);
    // Does not fit into 32 bits: stays where it is, which no real heap has shown.
    if (moved > 0xffff_ffff && sizes instanceof Uint32Array) continue;
    sizes[owner] = moved;
    sizes[node] = 0;
  }
  release(owners);
  return sizes;
}
