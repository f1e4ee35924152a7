import { wordAt } from './columns.ts';
import { edgeKind, edgeTarget, type HeapGraph } from './heap-graph.ts';
import { edgeType, nodeType } from './snapshot-format.ts';

/**
 * The names of scripts by their ids. A snapshot has locations with ids, and scripts with names, but no list of both: a
 * function has its location, and leads to its script through what V8 shares between its closures.
 */
export function scriptNames(graph: HeapGraph): Map<number, string> {
  const { nodeTypes, nodeNames, strings, locations } = graph;
  const names = new Map<number, string>();
  for (let at = 0; at < locations.count; at++) {
    const scriptId = wordAt(locations.scripts, at);
    const node = wordAt(locations.nodes, at);
    if (names.has(scriptId) || nodeTypes[node] !== nodeType.closure) continue;
    const shared = follow(graph, node, 'shared');
    const script =
      shared === null ? null : (follow(graph, shared, 'script') ?? follow(graph, shared, 'script_or_debug_info'));
    if (script === null) continue;
    const name = strings.text(nodeNames.at(script)).replace(/^.* \/ /, '');
    if (name !== '' && name !== 'Script') names.set(scriptId, name);
  }
  return names;
}

/** Where the internal edge of that name leads. */
function follow(graph: HeapGraph, node: number, name: string): number | null {
  const { firstEdge, edges, edgeNames, strings } = graph;
  for (let edge = wordAt(firstEdge, node); edge < wordAt(firstEdge, node + 1); edge++) {
    if (edgeKind(edges, edge) !== edgeType.internal) continue;
    if (strings.text(edgeNames.at(edge)) === name) return edgeTarget(edges, edge);
  }
  return null;
}
