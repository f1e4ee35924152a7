import type { Command } from 'commander';
import { MemoirError } from '../../domain/memoir-error.ts';
import { isNameOf } from '../../domain/table.ts';

/** Where a process runs, as options say it. */
export interface PlaceOptions {
  readonly strategy?: string;
  readonly namespace?: string;
  readonly pod?: string;
  readonly container?: string;
  readonly selector?: string;
}

const kinds = { process: 'PROCESS', docker: 'DOCKER', k8s: 'K8S' } as const;
type Kind = (typeof kinds)[keyof typeof kinds];

/** Adds the options; `--strategy` has the old tool's words. */
export function addPlaceOptions(command: Command): Command {
  return command
    .option('--strategy <place>', 'where it runs: process, docker or k8s')
    .option('--namespace <name>', 'namespace of the pod; the server’s own unless given')
    .option('--pod <name>', 'the pod')
    .option('--container <name>', 'the container of the pod, where several run Node.js')
    .option('--selector <labels>', 'instead of a pod, pods with these labels: app=shop');
}

/** Null for all places that need no choice. */
export function kindOf({ strategy, namespace, pod, container, selector }: PlaceOptions): Kind | null {
  if (strategy === undefined)
    return [namespace, pod, container, selector].some((one) => one !== undefined) ? kinds.k8s : null;
  if (isNameOf(kinds, strategy)) return kinds[strategy];
  throw new MemoirError('BAD_INPUT', '--strategy is process, docker or k8s');
}

/** The process as the server takes it: an id, pid or name, or what `--pod` and its companions name. */
export function referenceOf(target: string | undefined, place: PlaceOptions): string {
  const kind = kindOf(place);
  const meant = target ?? place.pod;
  if (meant === undefined) throw new MemoirError('BAD_INPUT', 'name a process, or a pod with --pod');
  if (kind === null || /^(process|docker|kubernetes):/.test(meant)) return meant;
  if (kind === 'K8S') {
    const container = place.container === undefined ? '' : `/${place.container}`;
    const pod = place.namespace === undefined && meant.includes('/') ? meant : `${place.namespace ?? ''}/${meant}`;
    return `kubernetes:${pod}${container}`;
  }
  return `${kind.toLowerCase()}:${meant}`;
}

/** What is to be captured: a process, or the one in the pods that `--selector` means. */
export function meantBy(target: string | undefined, place: PlaceOptions) {
  const { selector, namespace, container, pod } = place;
  if (selector === undefined) return { target: referenceOf(target, place), pods: null };
  if (target !== undefined || pod !== undefined)
    throw new MemoirError('BAD_INPUT', '--selector stands instead of a process or pod: leave one of them out');
  if (kindOf(place) !== 'K8S') throw new MemoirError('BAD_INPUT', '--selector needs --strategy k8s, or none');
  return { target: null, pods: { selector, namespace: namespace ?? null, container: container ?? null } };
}
