/** GET pods/NAME/log: whose log is meant, and on which node it lies; the kubelet there answers. Mirrors v1.34 pkg/registry/core/pod/rest/log.go and
 *  strategy.go (LogLocation), pkg/apis/core/validation (ValidatePodLogOptions). */

import { type ApiRequest, badRequest, type FieldError, invalid, notFound, type Pod, parseTime, type StatusObject } from '#api';
import type { HostId } from '#sim';

/** Nodes in a row: `prefix` and a number are the name, or one of `names`; `first` and that number the host. */
export interface KubeletRange {
  readonly prefix: string;
  readonly first: number;
  readonly count: number;
  readonly names?: readonly string[];
}

export function kubeletOf(node: string, ranges: readonly KubeletRange[]): HostId | undefined {
  for (const { prefix, first, count, names: own } of ranges) {
    if (own?.includes(node)) return first + own.indexOf(node);
    if (!node.startsWith(prefix)) continue;
    const ordinal = Number(node.slice(prefix.length));
    if (`${prefix}${ordinal}` === node && ordinal >= 0 && ordinal < count) return first + ordinal;
  }
  return undefined;
}

/** What goes to the kubelet, or the answer where none needs to be asked. */
export function podLogRequest(request: ApiRequest, pod: Pod | undefined): ApiRequest | StatusObject | '' {
  const { name = '', parameters = {} } = request;
  if (pod === undefined) return notFound('pods', name);
  const mistake = mistakeIn(parameters, name);
  if (mistake !== undefined) return mistake;
  const container = containerOf(pod, parameters['container'] ?? '');
  if (typeof container !== 'string') return container;
  // Not bound yet: nothing to read, and nothing wrong.
  if (!pod.spec?.nodeName) return '';
  return { ...request, parameters: { ...parameters, container } };
}

function mistakeIn(parameters: Readonly<Record<string, string>>, pod: string): StatusObject | undefined {
  const errors: FieldError[] = [];
  for (const [field, least] of [
    ['tailLines', 0],
    ['limitBytes', 1],
    ['sinceSeconds', 1],
  ] as const) {
    const written = parameters[field];
    if (written === undefined || written === '') continue;
    if (!/^[+-]?\d{1,19}$/.test(written)) return badRequest(`strconv.ParseInt: parsing "${written.slice(0, 100)}": invalid syntax`);
    if (Number(written) >= least) continue;
    const message = `Invalid value: ${Number(written)}: must be greater than ${least === 0 ? 'or equal to 0' : '0'}`;
    errors.push({ reason: 'FieldValueInvalid', field, message });
  }
  const { sinceTime, sinceSeconds } = parameters;
  if (sinceTime && parseTime(sinceTime) === undefined) return badRequest(`parsing time "${sinceTime.slice(0, 100)}": not RFC 3339`);
  if (sinceTime && sinceSeconds)
    errors.push({
      reason: 'FieldValueForbidden',
      field: '',
      message: 'Forbidden: at most one of `sinceTime` or `sinceSeconds` may be specified',
    });
  return errors.length === 0 ? undefined : invalid('PodLogOptions', '', pod, errors);
}

const names = (containers: readonly { readonly name: string }[] | undefined): readonly string[] =>
  (containers ?? []).map(({ name }) => name);

/** 400 when none, or several, could be meant. */
function containerOf({ metadata, spec }: Pod, wanted: string): string | StatusObject {
  const [main, init, ephemeral] = [names(spec?.containers), names(spec?.initContainers), names(spec?.ephemeralContainers)];
  if (wanted !== '') {
    if ([...main, ...init, ...ephemeral].includes(wanted)) return wanted;
    return badRequest(`container ${wanted.slice(0, 100)} is not valid for pod ${metadata?.name}`);
  }
  if (main.length === 1) return main[0] as string;
  const others = init.length === 0 ? '' : ` or one of the init containers: [${init.join(' ')}]`;
  return badRequest(`a container name must be specified for pod ${metadata?.name}, choose one of: [${main.join(' ')}]${others}`);
}
