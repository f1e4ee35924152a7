import { fieldOf } from '../../domain/field.ts';
import { parseJson } from '../../domain/json.ts';
import { MemoirError } from '../../domain/memoir-error.ts';
import { codeOf } from '../../domain/thrown.ts';

/** What was asked of the API server, as its rules name it. */
export interface Permission {
  readonly verbs: readonly string[];
  readonly resource: 'pods' | 'pods/exec';
  readonly namespace: string;
}

/** The part of a `Status` that is read (https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/status/). */
export interface ApiStatus {
  readonly status: string;
  readonly reason: string;
  readonly message: string;
  /** Of a program that ended by itself. */
  readonly exitCode: number | null;
}

const longestMessage = 500;

/** A status as a server or kubelet sent it; whatever is missing is empty. */
export function parseStatus(text: string): ApiStatus {
  // Proxies answer in HTML.
  const value = parseJson(text);
  const string = (name: string): string => {
    const found = fieldOf(value, name);
    return typeof found === 'string' ? printable(found) : '';
  };
  const causes = fieldOf(fieldOf(value, 'details'), 'causes');
  const exit = (Array.isArray(causes) ? causes : []).find((cause) => fieldOf(cause, 'reason') === 'ExitCode');
  const code = Number(fieldOf(exit, 'message') ?? Number.NaN);
  return {
    status: string('status'),
    reason: string('reason'),
    message: string('message'),
    exitCode: Number.isInteger(code) ? code : null,
  };
}

/** Text of another machine, for an error: one line, bounded. */
export const printable = (text: string): string =>
  text
    .replace(/[\p{Cc}\p{Cf}\s]+/gu, ' ')
    .trim()
    .slice(0, longestMessage);

/** Why the API server did not do what was asked. */
export function refusal(httpStatus: number, body: string, permission: Permission): MemoirError {
  const { verbs, resource, namespace } = permission;
  const { message } = parseStatus(body);
  const said = message === '' ? `status ${httpStatus}` : message;
  if (httpStatus === 403) {
    const rule = `apiGroups: [""], resources: ["${resource}"], verbs: [${verbs.map((verb) => `"${verb}"`).join(', ')}]`;
    return new MemoirError(
      'TARGET_UNAVAILABLE',
      `the cluster refuses ${verbs[0]} on ${resource} in the namespace ${namespace}: ${said}`,
      {
        hint: `Add this rule to a Role in the namespace ${namespace}, and bind it to Memoir’s user: ${rule}`,
        details: { missingRule: { apiGroups: [''], resources: [resource], verbs: [...verbs], namespace } },
      },
    );
  }
  if (httpStatus === 401) {
    return new MemoirError('TARGET_UNAVAILABLE', 'the cluster does not accept this server’s credentials', {
      hint: 'Renew the token or certificate of KUBERNETES_CONFIG.',
    });
  }
  if (httpStatus === 404) return new MemoirError('NOT_FOUND', `the cluster says: ${said}`);
  return new MemoirError('TARGET_UNAVAILABLE', `the cluster says: ${said}`);
}

/** The API server does not answer at all. */
export function unreachable(cause: unknown): MemoirError {
  const code = codeOf(cause) ?? codeOf(fieldOf(cause, 'cause'));
  return new MemoirError('TARGET_UNAVAILABLE', `the cluster does not respond (${code ?? printable(String(cause))})`, {
    cause,
    hint: 'Check the address and certificate authority in KUBERNETES_CONFIG, and that the API server is reachable from here.',
  });
}
