/** Keeps priority and fairness in step with its objects: writes those that every cluster begins with, reads them all, and tells on each FlowSchema
 *  whether its level exists. Mirrors apiserver v1.34 pkg/util/flowcontrol/apf_controller.go and pkg/registry/flowcontrol/{rest,ensurer}. Every server
 *  tries; the first one's write wins. */

import { deepEqual, type FlowSchema, type KubeObject, type PriorityLevelConfiguration, rfc3339 } from '#api';
import { type Context, type Instant, MINUTE } from '#sim';
import type { CacheFeed } from '../cache-feed.ts';
import type { OwnRequest } from '../custom-resources/served.ts';
import type { ServedResources } from '../served-resources.ts';
import { MANDATORY_LEVELS, MANDATORY_SCHEMAS, SUGGESTED_LEVELS, SUGGESTED_SCHEMAS } from './bootstrap.ts';
import { FlowConfiguration } from './priority-levels.ts';

const GROUP = 'flowcontrol.apiserver.k8s.io';
const LEVELS = `prioritylevelconfigurations.${GROUP}`;
const SCHEMAS = `flowschemas.${GROUP}`;
const AUTOUPDATE = 'apf.kubernetes.io/autoupdate-spec';

type Condition = NonNullable<NonNullable<FlowSchema['status']>['conditions']>[number];
type Spec = { readonly spec?: unknown };

const hasAll = (known: readonly KubeObject[], wanted: readonly KubeObject[]): boolean =>
  wanted.every(({ metadata }) => known.some((one) => one.metadata?.name === metadata?.name));

export class FlowConfigurationObjects {
  private readonly resources: ServedResources;
  private readonly configure: (configuration: FlowConfiguration, ctx: Context) => void;
  private readonly send: (request: OwnRequest, ctx: Context) => void;
  private ensuredAt: Instant = 0;
  private isWhole = false;
  /** FlowSchemas about which this server has written, by version: once is enough. */
  private readonly told = new Map<string, string>();

  constructor(
    resources: ServedResources,
    configure: (configuration: FlowConfiguration, ctx: Context) => void,
    send: (request: OwnRequest, ctx: Context) => void,
  ) {
    this.resources = resources;
    this.configure = configure;
    this.send = send;
  }

  /** Called when the server's caches are filled. */
  watch(ctx: Context): void {
    for (const feed of [this.feed(LEVELS), this.feed(SCHEMAS)]) if (feed !== undefined) feed.changed = (then) => this.sync(then);
    this.ensure(ctx);
    this.sync(ctx);
  }

  /** Once a minute: what was deleted or bent comes back. */
  tick(ctx: Context): void {
    if (ctx.now - this.ensuredAt >= MINUTE) this.ensure(ctx);
  }

  private feed(resource: string): CacheFeed | undefined {
    const cache = this.resources.get(resource)?.cache;
    return cache === undefined ? undefined : this.resources.feed(cache);
  }

  private objects<T>(resource: string): readonly T[] {
    return (this.resources.get(resource)?.cache.inOrder() ?? []).map(({ value }) => value as T);
  }

  private ensure(ctx: Context): void {
    this.ensuredAt = ctx.now;
    const levels = this.objects<PriorityLevelConfiguration>(LEVELS);
    const schemas = this.objects<FlowSchema>(SCHEMAS);
    for (const object of MANDATORY_LEVELS) this.keep(LEVELS, object, levels, true, ctx);
    for (const object of SUGGESTED_LEVELS) this.keep(LEVELS, object, levels, false, ctx);
    for (const object of MANDATORY_SCHEMAS) this.keep(SCHEMAS, object, schemas, true, ctx);
    for (const object of SUGGESTED_SCHEMAS) this.keep(SCHEMAS, object, schemas, false, ctx);
  }

  private keep(resource: string, wanted: KubeObject, known: readonly KubeObject[], isMandatory: boolean, ctx: Context): void {
    const name = wanted.metadata?.name ?? '';
    const current = known.find(({ metadata }) => metadata?.name === name);
    if (current === undefined) return this.send({ verb: 'create', resource, body: wanted }, ctx);
    if (!isMandatory && current.metadata?.annotations?.[AUTOUPDATE] !== 'true') return;
    const { spec } = wanted as Spec;
    const now = (current as Spec).spec;
    // What the exempt level lends is its operator's business.
    const own = name === 'exempt' && resource === LEVELS ? { ...(spec as object), exempt: (now as { exempt?: unknown }).exempt } : spec;
    if (!deepEqual(now, own)) this.send({ verb: 'update', resource, name, body: { ...current, spec: own } }, ctx);
  }

  private sync(ctx: Context): void {
    const levels = this.objects<PriorityLevelConfiguration>(LEVELS);
    const schemas = this.objects<FlowSchema>(SCHEMAS);
    // Until the first ones are all written, they hold as if they were.
    this.isWhole ||=
      hasAll(levels, [...MANDATORY_LEVELS, ...SUGGESTED_LEVELS]) && hasAll(schemas, [...MANDATORY_SCHEMAS, ...SUGGESTED_SCHEMAS]);
    if (!this.isWhole) return;
    this.configure(new FlowConfiguration(levels, schemas), ctx);
    const names = new Set(levels.map(({ metadata }) => metadata?.name ?? ''));
    for (const schema of schemas) this.tell(schema, names, ctx);
  }

  private tell(schema: FlowSchema, levels: ReadonlySet<string>, ctx: Context): void {
    const { name = '', resourceVersion = '' } = schema.metadata ?? {};
    const level = schema.spec?.priorityLevelConfiguration.name ?? '';
    const isDangling = !levels.has(level);
    const known = schema.status?.conditions ?? [];
    const old = known.find(({ type }) => type === 'Dangling');
    const condition: Condition = {
      type: 'Dangling',
      status: isDangling ? 'True' : 'False',
      reason: isDangling ? 'NotFound' : 'Found',
      message: `This FlowSchema references the PriorityLevelConfiguration object named "${level}" ${isDangling ? 'but there is no such object' : 'and it exists'}`,
      lastTransitionTime: rfc3339(ctx.clock()),
    };
    if (old?.status === condition.status && old?.message === condition.message) return;
    if (this.told.get(name) === resourceVersion) return;
    this.told.set(name, resourceVersion);
    const conditions = [...known.filter(({ type }) => type !== 'Dangling'), condition];
    this.send(
      { verb: 'update', resource: SCHEMAS, subresource: 'status', name, body: { ...schema, status: { ...schema.status, conditions } } },
      ctx,
    );
  }
}
