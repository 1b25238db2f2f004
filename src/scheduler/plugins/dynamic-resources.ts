/** Devices for pods. Mirrors the outer shape of kube-scheduler v1.34 plugins/dynamicresources: pods without resource claims pass.
 *  Allocation of structured parameters is not modelled yet: a pod with claims is rejected by name rather than placed wrongly. */

import type { Pod } from '#api';
import type { CycleState, NodeStatuses, PostFilterPlugin, PostFilterResult, PreFilterPlugin, PreFilterResult } from '../framework.ts';
import { failure, SKIP, unresolvable, unschedulable } from '../status.ts';

const STATE_KEY = 'DynamicResources';

export class DynamicResources implements PreFilterPlugin, PostFilterPlugin {
  readonly name = 'DynamicResources';

  preFilter(state: CycleState, pod: Pod): PreFilterResult {
    state.write(STATE_KEY, {});
    const claims = (pod.spec as { resourceClaims?: readonly unknown[] } | undefined)?.resourceClaims ?? [];
    return claims.length === 0 ? { status: SKIP } : { status: unresolvable('resource claims are not supported by this scheduler') };
  }

  /** Upstream reads its state first and so fails when an earlier plugin ended PreFilter. */
  postFilter(state: CycleState, _pod: Pod, _statuses: NodeStatuses): PostFilterResult {
    if (state.read(STATE_KEY) === undefined) return { status: failure('not found') };
    return { status: unschedulable('no new claims to deallocate') };
  }
}
