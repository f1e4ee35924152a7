import type { DocumentNode, ExecutionResult } from 'graphql';
import type { RequestContext } from './context.ts';

/** How long an answer may be shown to others: an event may be read again much later, and must not show an old world then. */
const freshMs = 1000;

/** What an answer depends on, beside the event: the question, and how much of the world the asker may see. */
export interface Question {
  readonly document: DocumentNode;
  readonly operationName: string | null | undefined;
  readonly variables: unknown;
  readonly context: RequestContext;
}

interface Kept {
  readonly answer: Promise<ExecutionResult>;
  readonly atMs: number;
}

/**
 * Answers that identical subscriptions share: the engine gives all of its readers the same object for the same event, so an
 * event is executed once for each different question, and serialised once, however many sockets it goes to. Every reader
 * keeps its own place in its own stream: nothing is shared but the work.
 *
 * Authority is the role: nothing that a subscription can reach depends on more of the actor than that (a test holds it).
 */
export class SharedResults {
  readonly #numbers = new WeakMap<DocumentNode, number>();
  readonly #answers = new WeakMap<object, Map<string, Kept>>();
  #lastNumber = 0;

  /** The part of a question's key that does not change from event to event. */
  keyOf({ document, operationName, variables, context }: Question): string {
    let number = this.#numbers.get(document);
    if (number === undefined) {
      number = ++this.#lastNumber;
      this.#numbers.set(document, number);
    }
    return JSON.stringify([number, operationName ?? null, context.actor.role, variables ?? {}]);
  }

  /** The answer to the event, by `execute` if nobody has asked the same of it just now. */
  answer(event: unknown, key: string, execute: () => Promise<ExecutionResult>): Promise<ExecutionResult> {
    if (typeof event !== 'object' || event === null) return execute();
    let answers = this.#answers.get(event);
    if (answers === undefined) {
      answers = new Map();
      this.#answers.set(event, answers);
    }
    const nowMs = performance.now();
    const kept = answers.get(key);
    if (kept !== undefined && nowMs - kept.atMs < freshMs) return kept.answer;
    const answer = execute();
    answers.set(key, { answer, atMs: nowMs });
    return answer;
  }
}

const texts = new WeakMap<ExecutionResult, string>();

/** The result as JSON, made once for as long as the result is in use. */
export function toJson(result: ExecutionResult): string {
  let text = texts.get(result);
  if (text === undefined) {
    text = JSON.stringify(result);
    texts.set(result, text);
  }
  return text;
}
