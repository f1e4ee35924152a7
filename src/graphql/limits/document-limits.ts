/** How much one request may be. Chosen so that the dashboard's and the command line's own documents need a fraction of each. */
export interface DocumentLimits {
  /** Characters of the text. */
  readonly characters: number;
  /** Words and signs of the text; beyond it reading stops. */
  readonly tokens: number;
  /** Operations and fragments. */
  readonly definitions: number;
  /** Levels of fields in each other. Introspection has a limit of its own. */
  readonly depth: number;
  /** Fields and fragments, those inside of fragments counted where they are used. */
  readonly selections: number;
  /** Fields directly under query, mutation or subscription. */
  readonly rootFields: number;
  readonly directives: number;
  /** Fields to be answered, lists counted as long as they may get. */
  readonly cost: number;
}

export const defaultDocumentLimits: DocumentLimits = {
  characters: 64 * 1024,
  tokens: 2_000,
  definitions: 40,
  depth: 16,
  selections: 1_000,
  rootFields: 30,
  directives: 50,
  cost: 100_000,
};
