import { MemoirError } from '../../domain/memoir-error.ts';

/** A container of a pod, or all of them, or one process. */
export interface PodReference {
  readonly namespace: string;
  readonly pod: string;
  readonly container: string | null;
  readonly pid: number | null;
}

/** RFC 1123: namespaces and containers are labels, pods subdomains of at most 253 characters. */
const label = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;
const subdomain = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?(\.[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?)*$/;
const longestPod = 253;
/** Equality and sets (https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/); the server judges the rest. */
const selectorText = /^[\w./\-=!,() ]{1,1000}$/;

/** Names are checked before they enter an address: the client library does not encode them. */
export function checkNamespace(name: string): string {
  if (!label.test(name)) throw new MemoirError('BAD_INPUT', 'this is not the name of a namespace');
  return name;
}

export function checkPod(name: string): string {
  if (name.length > longestPod || !subdomain.test(name))
    throw new MemoirError('BAD_INPUT', 'this is not the name of a pod');
  return name;
}

export function checkContainer(name: string): string {
  if (!label.test(name)) throw new MemoirError('BAD_INPUT', 'this is not the name of a container of a pod');
  return name;
}

export function checkSelector(text: string): string {
  if (!selectorText.test(text)) throw new MemoirError('BAD_INPUT', 'this is not a label selector, such as app=shop');
  return text;
}

/** `[kubernetes:][namespace/]pod[/container][:pid]`; an empty namespace is the usual one, as in `/pod/container`. */
export function parsePodReference(text: string, namespace: string): PodReference {
  const [, path = '', pid] = /^(?:kubernetes:|k8s:)?([^:]*?)(?::(\d{1,10}))?$/.exec(text) ?? [];
  const words = path.split('/');
  const [first = '', second, third, ...more] = words;
  if (more.length > 0) throw new MemoirError('BAD_INPUT', 'a pod is named as namespace/pod or namespace/pod/container');
  return {
    namespace: checkNamespace(second === undefined || first === '' ? namespace : first),
    pod: checkPod(second ?? first),
    container: third === undefined ? null : checkContainer(third),
    pid: pid === undefined ? null : Number(pid),
  };
}

export const podTargetId = (namespace: string, pod: string, container: string, pid: number): string =>
  `kubernetes:${namespace}/${pod}/${container}:${pid}`;
