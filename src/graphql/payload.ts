import type { FieldMap, ObjectFieldBuilder } from '@pothos/core';
import { type ErrorShape, isMemoirError, toErrorShape } from '../domain/memoir-error.ts';
import { builder, type Types } from './builder.ts';
import type { RequestContext } from './context.ts';
import { MutationErrorType } from './types/problem.ts';

/** What a mutation answers: what became of the request, or why nothing did. */
export type Payload<Result> = Partial<Result> & { readonly errors: readonly ErrorShape[] };

/** The payload type of one mutation: its own fields, each null where the mutation failed, and `errors`. */
export function payloadType<Result extends object>(
  name: string,
  description: string,
  fields: (t: ObjectFieldBuilder<Types, Payload<Result>>) => FieldMap,
) {
  return builder.objectRef<Payload<Result>>(name).implement({
    description,
    fields: (t) => ({
      ...fields(t),
      errors: t.field({
        type: [MutationErrorType],
        description: 'Why it was refused or failed; empty if it was done.',
        extensions: { length: 1 },
        resolve: (payload) => [...payload.errors],
      }),
    }),
  });
}

/**
 * A mutation's resolver whose expected failures are data of its payload. What nobody expected stays an error of the answer,
 * masked and logged like every other.
 */
export function attempt<Args, Result extends object>(
  perform: (args: Args, context: RequestContext) => Promise<Result> | Result,
) {
  return async (_: unknown, args: Args, context: RequestContext): Promise<Payload<Result>> => {
    try {
      return { ...(await perform(args, context)), errors: [] };
    } catch (error) {
      if (!isMemoirError(error)) throw error;
      return { errors: [toErrorShape(error)] } as unknown as Payload<Result>;
    }
  };
}
