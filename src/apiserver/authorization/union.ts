/** Whom a server asks, in this order: the privileged group, the Node authorizer, RBAC. The first that allows decides; nobody forbids.
 *  Mirrors Kubernetes v1.34 pkg/kubeapiserver/authorizer/config.go and apiserver pkg/authorization/union. */

import { MASTERS } from '../authentication/users.ts';
import type { Core } from '../core.ts';
import { type Access, ALLOWED, type Authorizer, type Verdict } from './attributes.ts';
import { NodeAuthorizer } from './node-authorizer.ts';
import { RbacAuthorizer } from './rbac.ts';

export class UnionAuthorizer implements Authorizer {
  readonly rbac: RbacAuthorizer;
  private readonly node: NodeAuthorizer;

  constructor(core: Core) {
    this.rbac = new RbacAuthorizer(core);
    this.node = new NodeAuthorizer(core);
  }

  authorize(access: Access): Verdict {
    if (access.user.groups.includes(MASTERS)) return ALLOWED;
    const node = this.node.authorize(access);
    if (node.isAllowed) return node;
    const rbac = this.rbac.authorize(access);
    if (rbac.isAllowed) return rbac;
    const reasons = [node.reason, rbac.reason].filter((reason) => reason !== '');
    return { isAllowed: false, reason: reasons.join('\n') };
  }
}
