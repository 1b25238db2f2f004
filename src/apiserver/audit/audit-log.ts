/** The audit log: who asked what, when, and what came of it, as audit.k8s.io/v1 Events, one a stage. Kept by the server until the run writes it to a file.
 *  Mirrors apiserver v1.34 pkg/endpoints/filters/audit.go and pkg/audit/request.go. A watch is written when it begins. */

import { type ApiRequest, type KubeObject, type Pod, resourceInfo, rfc3339Micro, type StatusObject } from '#api';
import type { Context, Instant } from '#sim';
import { auditedViolations } from '../admission/pod-security/pod-security.ts';
import { accessOf } from '../authorization/attributes.ts';
import type { Core } from '../core.ts';
import { drawUid } from '../identity.ts';
import type { RequestPath } from '../request-path.ts';
import { type AuditPolicy, type AuditStage, decide } from './policy.ts';

/** Under this name the recorder keeps the lines. */
export const AUDIT_LOG = 'audit';

/** The path and query of a request, as HTTP would have them. */
export function requestUri({ resource, namespace, name, subresource, verb, options }: ApiRequest): string {
  const info = resourceInfo(resource);
  const dot = resource.indexOf('.');
  const plural = dot < 0 ? resource : resource.slice(0, dot);
  const version = info?.version ?? 'v1';
  const root = dot < 0 ? `/api/${version}` : `/apis/${resource.slice(dot + 1)}/${version}`;
  const parts = [
    root,
    ...(namespace ? ['namespaces', namespace] : []),
    plural,
    ...(name ? [name] : []),
    ...(subresource ? [subresource] : []),
  ];
  const query: string[] = [];
  for (const key of ['labelSelector', 'fieldSelector', 'resourceVersion', 'limit', 'continue', 'timeoutSeconds', 'fieldManager'] as const)
    if (options?.[key] !== undefined) query.push(`${key}=${encodeURIComponent(String(options[key]))}`);
  if (verb === 'watch') query.push('watch=true');
  return parts.join('/') + (query.length === 0 ? '' : `?${query.join('&')}`);
}

function objectRef({ resource, namespace, name, subresource, body }: ApiRequest, answer: unknown): object {
  const info = resourceInfo(resource);
  const metadata = (answer as KubeObject | undefined)?.metadata ?? (body as KubeObject | undefined)?.metadata;
  return {
    resource: info?.plural ?? resource,
    ...(namespace ? { namespace } : {}),
    name: name ?? metadata?.name,
    ...(metadata?.uid === undefined ? {} : { uid: metadata.uid }),
    ...(info?.group ? { apiGroup: info.group } : {}),
    apiVersion: info?.version ?? 'v1',
    ...(metadata?.resourceVersion ? { resourceVersion: metadata.resourceVersion } : {}),
    ...(subresource ? { subresource } : {}),
  };
}

const time = (micros: number): string => rfc3339Micro(micros);

export class AuditLog {
  private readonly core: Core;
  private readonly path: RequestPath;
  private readonly policy: AuditPolicy;
  private readonly lines: (readonly [at: Instant, line: string])[] = [];

  constructor(core: Core, path: RequestPath, policy: AuditPolicy) {
    this.core = core;
    this.path = path;
    this.policy = policy;
  }

  start(ctx: Context): void {
    ctx.record.keep(AUDIT_LOG, () => this.lines);
  }

  /** An answer leaves at `leavesAt`. */
  answered(request: ApiRequest, receivedAt: Instant, code: number, answer: unknown, leavesAt: Instant, ctx: Context): void {
    const user = this.path.userOf(request);
    const { level, omits } = decide(this.policy, request, user);
    if (level === 'None') return;
    const epoch = ctx.clock() - ctx.now;
    const event = {
      kind: 'Event',
      apiVersion: 'audit.k8s.io/v1',
      level,
      auditID: drawUid(ctx.chance, request.user, request.id, receivedAt, 'audit'),
      requestURI: requestUri(request),
      verb: request.verb,
      user,
      objectRef: objectRef(request, request.verb === 'list' || (answer as KubeObject | undefined)?.kind === 'Status' ? undefined : answer),
      requestReceivedTimestamp: time(epoch + receivedAt),
    };
    const write = (stage: AuditStage, at: Instant, more: object): void => {
      if (!omits.includes(stage)) this.lines.push([at, JSON.stringify({ ...event, stage, stageTimestamp: time(epoch + at), ...more })]);
    };
    write('RequestReceived', receivedAt, {});
    const failure = code >= 400 ? (answer as StatusObject) : undefined;
    const responseStatus =
      failure === undefined
        ? { metadata: {}, code }
        : { metadata: {}, status: failure.status, message: failure.message, reason: failure.reason, code };
    const bodies = {
      ...(level !== 'Metadata' && request.body !== undefined ? { requestObject: request.body } : {}),
      ...(level === 'RequestResponse' && answer !== undefined ? { responseObject: answer } : {}),
    };
    const annotations = this.annotations(request, code, answer);
    write(request.verb === 'watch' && code < 400 ? 'ResponseStarted' : 'ResponseComplete', leavesAt, {
      responseStatus,
      ...bodies,
      annotations,
    });
  }

  private annotations(request: ApiRequest, code: number, answer: unknown): Readonly<Record<string, string>> {
    const verdict = this.path.authorize(accessOf(request, this.path.userOf(request)));
    const annotations: Record<string, string> = {
      'authorization.k8s.io/decision': verdict.isAllowed ? 'allow' : 'forbid',
      'authorization.k8s.io/reason': verdict.reason,
    };
    if (request.resource === 'pods' && request.verb === 'create' && code === 201 && request.subresource === undefined)
      Object.assign(annotations, auditedViolations(this.core, request.namespace ?? '', answer as Pod));
    return annotations;
  }
}
