import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLCompositeType,
  type GraphQLField,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  isCompositeType,
  isInterfaceType,
  isListType,
  isObjectType,
  Kind,
  type NamedTypeNode,
  type SelectionSetNode,
  valueFromASTUntyped,
} from 'graphql';
import { MemoirError } from '../../domain/memoir-error.ts';
import type { DocumentLimits } from './document-limits.ts';

/** How long a list is taken to be whose length nobody asked for: machines of a host, tokens, days. */
const assumedLength = 100;

interface Visit {
  readonly parent: GraphQLCompositeType | undefined;
  readonly depth: number;
  /** How often the selection is answered. */
  readonly times: number;
  /** Length of the page that the surrounding connection was asked for. */
  readonly pageLength: number;
}

/**
 * Refuses a document that is larger than the limits: LIMIT_EXCEEDED, saying which. All of its operations are measured, since
 * validation reads all of them. Every step is counted, fragments where they are used, and it stops at the first limit, so that
 * this itself is bounded whatever was sent, fragments that contain themselves too. Names that the schema does not have are
 * left to validation.
 */
export function checkDocument(
  schema: GraphQLSchema,
  document: DocumentNode,
  variables: Readonly<Record<string, unknown>>,
  limits: DocumentLimits,
): void {
  const { definitions } = document;
  if (definitions.length > limits.definitions) throw tooMuch('operations and fragments', limits.definitions);
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const node of definitions) if (node.kind === Kind.FRAGMENT_DEFINITION) fragments.set(node.name.value, node);
  let selections = 0;
  let rootFields = 0;
  let directives = 0;
  let cost = 0;

  function visit(set: SelectionSetNode, at: Visit): void {
    if (at.depth > limits.depth) throw tooMuch('depth', limits.depth);
    for (const node of set.selections) {
      selections += 1;
      if (selections > limits.selections) throw tooMuch('selections', limits.selections);
      directives += node.directives?.length ?? 0;
      if (directives > limits.directives) throw tooMuch('directives', limits.directives);
      if (node.kind === Kind.FIELD) visitField(node, at);
      else if (node.kind === Kind.INLINE_FRAGMENT) visit(node.selectionSet, narrowed(at, node.typeCondition));
      else {
        const fragment = fragments.get(node.name.value);
        if (fragment !== undefined) visit(fragment.selectionSet, narrowed(at, fragment.typeCondition));
      }
    }
  }

  /** Within a fragment, fields are those of the type that it is on. */
  function narrowed(at: Visit, condition: NamedTypeNode | undefined): Visit {
    const type = condition === undefined ? undefined : schema.getType(condition.name.value);
    return isCompositeType(type) ? { ...at, parent: type } : at;
  }

  function visitField(node: FieldNode, { parent, depth, times, pageLength }: Visit): void {
    // What the schema says of itself has a limit of its own among the validation rules.
    if (node.name.value.startsWith('__')) return;
    if (depth === 1) rootFields += 1;
    if (rootFields > limits.rootFields) throw tooMuch('root fields', limits.rootFields);
    const field = parent === undefined ? undefined : fieldOf(parent, node.name.value);
    const weight = Number(field?.extensions.cost ?? 1);
    const asked =
      field === undefined ? undefined : (askedLength(field, node, variables) ?? toldLength(field, node, variables));
    const isList = field !== undefined && isListType(getNullableType(field.type));
    const isPage =
      isList &&
      (field.extensions.isPage === true ||
        (parent?.name.endsWith('Connection') && ['nodes', 'edges'].includes(node.name.value)));
    const length = isPage ? pageLength : isList ? (asked ?? Number(field.extensions.length ?? assumedLength)) : 1;
    cost += times * weight;
    if (cost > limits.cost) throw tooMuch('cost', limits.cost);
    if (node.selectionSet === undefined) return;
    const type = field === undefined ? undefined : getNamedType(field.type);
    visit(node.selectionSet, {
      parent: isCompositeType(type) ? type : undefined,
      depth: depth + 1,
      times: times * length,
      pageLength: asked ?? assumedLength,
    });
  }

  for (const node of definitions) {
    if (node.kind !== Kind.OPERATION_DEFINITION) continue;
    directives += node.directives?.length ?? 0;
    const parent = schema.getRootType(node.operation) ?? undefined;
    visit(node.selectionSet, { parent, depth: 1, times: 1, pageLength: assumedLength });
  }
}

function fieldOf(parent: GraphQLCompositeType, name: string): GraphQLField<unknown, unknown> | undefined {
  return isObjectType(parent) || isInterfaceType(parent) ? parent.getFields()[name] : undefined;
}

/** The page length that a field was asked for, by `last` or `first`; undefined if it takes none. */
function askedLength(
  field: GraphQLField<unknown, unknown>,
  node: FieldNode,
  variables: Readonly<Record<string, unknown>>,
): number | undefined {
  const defined = field.args.find(({ name }) => name === 'first');
  if (defined === undefined) return undefined;
  for (const name of ['last', 'first']) {
    const value = node.arguments?.find((argument) => argument.name.value === name)?.value;
    const given =
      value?.kind === Kind.VARIABLE ? variables[value.name.value] : value?.kind === Kind.INT && Number(value.value);
    // A page that is out of range is refused by the field itself; it costs nothing here.
    if (typeof given === 'number') return Math.min(Math.max(given, 0), 1000);
  }
  return 50;
}

/** The length of what is below a field whose extension `pageLength` says it by the arguments as they were sent. */
function toldLength(
  { extensions }: GraphQLField<unknown, unknown>,
  node: FieldNode,
  variables: Readonly<Record<string, unknown>>,
): number | undefined {
  const { pageLength } = extensions as { pageLength?: (args: Readonly<Record<string, unknown>>) => number };
  if (pageLength === undefined) return undefined;
  const args = node.arguments?.map(({ name, value }) => [name.value, valueFromASTUntyped(value, variables)]) ?? [];
  const length = pageLength(Object.fromEntries(args));
  return Number.isFinite(length) ? Math.max(0, length) : undefined;
}

function tooMuch(what: string, limit: number): MemoirError {
  return new MemoirError('LIMIT_EXCEEDED', `the request exceeds the limit of ${limit} for its ${what}`, {
    details: { limit: what, value: limit },
  });
}
