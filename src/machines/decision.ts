import { MemoirError } from '../domain/memoir-error.ts';
import type { CaptureMethod, CaptureOptions, MethodChoice } from './capture.ts';

/** The method that a choice comes to, and why; throws NOT_RUNNING or METHOD_UNAVAILABLE with the blockers. */
export function decideMethod(
  options: CaptureOptions,
  choice: MethodChoice,
): { readonly method: CaptureMethod; readonly reason: string } {
  const { machine, blockers, automatic, automaticReason } = options;
  const method = choice === 'AUTO' ? automatic : choice;
  const inTheWay = blockers.filter((blocker) => method === null || blocker.method === method);
  const [first] = inTheWay;
  if (method === null || first !== undefined) {
    throw new MemoirError(first?.code ?? 'METHOD_UNAVAILABLE', first?.reason ?? automaticReason, {
      details: { machine: machine.id, blockers: inTheWay.map((blocker) => ({ ...blocker })) },
    });
  }
  return { method, reason: choice === 'AUTO' ? automaticReason : 'it was asked for' };
}
