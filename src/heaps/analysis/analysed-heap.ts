import { type ClassIndex, childrenOf, classesOf, type DominatorChildren } from '../../formats/heap-snapshot/classes.ts';
import { release, wordAt } from '../../formats/heap-snapshot/columns.ts';
import { dominatorsOf, retainedSizes } from '../../formats/heap-snapshot/dominators.ts';
import type { EdgeSet } from '../../formats/heap-snapshot/edge-set.ts';
import { essentialEdges } from '../../formats/heap-snapshot/essential-edges.ts';
import { edgeKind, edgeTarget, type HeapGraph } from '../../formats/heap-snapshot/heap-graph.ts';
import { ownedSizes } from '../../formats/heap-snapshot/owned-sizes.ts';
import { type Retainers, retainersOf, sourceOf } from '../../formats/heap-snapshot/retainers.ts';
import { scriptNames } from '../../formats/heap-snapshot/scripts.ts';
import { edgeType } from '../../formats/heap-snapshot/snapshot-format.ts';

/** What a person calls a class: its constructor, and where that stands. */
export interface ClassName {
  readonly name: string;
  /** Path or URL of the script; null for what V8 or Node itself makes, and where it is not told. */
  readonly script: string | null;
  readonly line: number | null;
}

/** One snapshot with all that questions about it need; what is costly and not always asked for comes when it is. */
export class AnalysedHeap {
  readonly graph: HeapGraph;
  readonly sizes: Uint32Array | Float64Array;
  readonly essential: EdgeSet;
  /** The node that every way from the root to a node leads through last. */
  readonly dominator: Uint32Array;
  readonly retained: Uint32Array | Float64Array;
  readonly index: ClassIndex;
  readonly scripts: ReadonlyMap<number, string>;
  #retainers: Retainers | undefined;
  #paths: Uint32Array | undefined;
  #children: DominatorChildren | undefined;

  constructor(graph: HeapGraph) {
    this.graph = graph;
    this.essential = essentialEdges(graph);
    const tree = dominatorsOf(graph, this.essential);
    this.dominator = tree.dominator;
    this.sizes = ownedSizes(graph);
    this.retained = retainedSizes(this.sizes, tree);
    release(tree.order);
    this.index = classesOf(graph);
    this.scripts = scriptNames(graph);
  }

  /** The class of a node. */
  classOf(node: number): ClassName {
    return this.className(wordAt(this.index.ofNode, node));
  }

  className(index: number): ClassName {
    const entry = this.index.classes[index];
    if (entry === undefined) return { name: '', script: null, line: null };
    const { name, place } = entry;
    const script = place === null ? null : (this.scripts.get(place.scriptId) ?? null);
    return { name, script: script?.replace(/^file:\/\//, '') ?? null, line: place === null ? null : place.line };
  }

  /** The same for a class in every snapshot of a program, whatever numbers its strings and scripts have. */
  classKey(index: number): string {
    const { name, script, line } = this.className(index);
    const place = this.index.classes[index]?.place;
    return place ? `${name} ${script ?? place.scriptId}:${line}:${place.column}` : name;
  }

  /** All edges that lead to each node, except weak ones. */
  get retainers(): Retainers {
    this.#retainers ??= retainersOf(this.graph, this.essential);
    return this.#retainers;
  }

  get children(): DominatorChildren {
    this.#children ??= childrenOf(this.dominator);
    return this.#children;
  }

  /** How an edge is written: `.name`, `[3]`, or a variable's name. */
  edgeLabel(edge: number): string {
    const { edges, edgeNames, strings } = this.graph;
    const name = edgeNames.at(edge);
    switch (edgeKind(edges, edge)) {
      case edgeType.element:
        return `[${name}]`;
      case edgeType.hidden:
        return `(hidden ${name})`;
      case edgeType.property:
        return `.${strings.text(name)}`;
      case edgeType.context:
        return strings.text(name);
      default:
        return `(${strings.text(name)})`;
    }
  }

  /** The edges of a shortest way from the root, if possible through what the program's global objects hold; root first. */
  pathTo(node: number): number[] {
    this.#paths ??= this.#search();
    const path: number[] = [];
    for (let at = node; at !== 0 && this.#paths[at] !== 0; ) {
      const edge = wordAt(this.#paths, at) - 1;
      path.push(edge);
      at = sourceOf(this.graph, edge);
    }
    return path.reverse();
  }

  /** For each node the edge by which a breadth-first search came to it, plus one. */
  #search(): Uint32Array {
    const { nodeCount, firstEdge, edges } = this.graph;
    const by = new Uint32Array(nodeCount);
    const queue = new Uint32Array(nodeCount);
    let [head, tail] = [0, 0];
    const follow = (edge: number) => {
      const target = edgeTarget(edges, edge);
      if (!this.essential.has(edge) || target === 0 || by[target] !== 0) return;
      by[target] = edge + 1;
      queue[tail++] = target;
    };
    const drain = () => {
      while (head < tail) {
        const node = wordAt(queue, head++);
        for (let edge = wordAt(firstEdge, node); edge < wordAt(firstEdge, node + 1); edge++) follow(edge);
      }
    };
    for (const shortcuts of [true, false]) {
      for (let edge = 0; edge < wordAt(firstEdge, 1); edge++) {
        if ((edgeKind(edges, edge) === edgeType.shortcut) === shortcuts) follow(edge);
      }
      drain();
    }
    release(queue);
    return by;
  }
}
