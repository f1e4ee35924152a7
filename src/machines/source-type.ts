import type { Json } from '../domain/json.ts';
import type { ModuleReference } from '../domain/module-reference.ts';

/** One kind of memory source: who plans a capture, who starts it and the module that reads agree on its options. */
export interface SourceType<Options> {
  /** What a plan carries to the thread that reads: plain data, which survives a structured clone. */
  of(options: Options): ModuleReference;
  /** The options of a plan that was made with `of`. */
  optionsOf(plan: { readonly source: ModuleReference }): Options;
}

/** `module` exports `openSource`, which takes these options. */
export function sourceType<Options extends object>(module: string): SourceType<Options> {
  return {
    of: (options) => ({ module, options: options as Json }),
    optionsOf: ({ source }) => source.options as unknown as Options,
  };
}
