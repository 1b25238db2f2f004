/** `cluster.apiServers.audit`: a level for everything, or an audit.k8s.io/v1 Policy. The run writes audit.log. */

import { fields, type JsonSchema, list, oneOf, text } from './schema-pieces.ts';

type Level = 'None' | 'Metadata' | 'Request' | 'RequestResponse';
type Stage = 'RequestReceived' | 'ResponseStarted' | 'ResponseComplete';

export interface AuditRulePlan {
  readonly level: Level;
  readonly users?: readonly string[];
  readonly userGroups?: readonly string[];
  readonly verbs?: readonly string[];
  readonly resources?: readonly {
    readonly group?: string;
    readonly resources?: readonly string[];
    readonly resourceNames?: readonly string[];
  }[];
  readonly namespaces?: readonly string[];
  readonly omitStages?: readonly Stage[];
}
export interface AuditPolicyPlan {
  readonly rules: readonly AuditRulePlan[];
  readonly omitStages?: readonly Stage[];
}

const level = oneOf(['None', 'Metadata', 'Request', 'RequestResponse'], 'how much is written');
const stages = list(oneOf(['RequestReceived', 'ResponseStarted', 'ResponseComplete'], 'a stage'), 'stages that are not written');
const names = (description: string): JsonSchema => list({ type: 'string' }, description);

export const auditSchema: JsonSchema = {
  anyOf: [
    level,
    fields(
      'an audit policy',
      {
        omitStages: stages,
        rules: list(
          fields(
            'the first rule that matches a request decides',
            {
              level,
              users: names('user names'),
              userGroups: names('groups of users'),
              verbs: names('verbs: get, list, watch, create, update, patch, delete, deletecollection'),
              resources: list(
                fields('resources of one group', {
                  group: { type: 'string', description: "API group; '' is core" },
                  resources: list(text('pods, pods/status, pods/*, */status or *'), 'resources and subresources'),
                  resourceNames: names('names of objects'),
                }),
                'resources',
              ),
              namespaces: names("namespaces; '' is what stands in none"),
              omitStages: stages,
            },
            ['level'],
          ),
          'the rules',
          1,
        ),
      },
      ['rules'],
    ),
  ],
  description: 'what is written to audit.log: a level for every request, or an audit policy (default: nothing)',
};

/** A level by itself is for every answer, without the stage RequestReceived. */
export function auditPlan(written: unknown): AuditPolicyPlan | undefined {
  if (written === undefined) return undefined;
  if (typeof written === 'string') return { rules: [{ level: written as Level }], omitStages: ['RequestReceived'] };
  return written as AuditPolicyPlan;
}
