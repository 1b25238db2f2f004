/** Lists of conditions, as every workload's status has them. A condition with the same status and reason stays as it is; lastTransitionTime moves only
 *  with the status (deployment_util.go and replica_set_utils.go, kubernetes v1.34). */

export interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  readonly message?: string;
  readonly lastTransitionTime?: string;
  readonly lastUpdateTime?: string;
}

export function findCondition<C extends { readonly type: string }>(conditions: readonly C[] | undefined, type: string): C | undefined {
  if (conditions === undefined) return undefined;
  for (const condition of conditions) if (condition.type === type) return condition;
  return undefined;
}

/** The same array when nothing changes. */
export function setCondition<C extends Condition>(conditions: readonly C[], condition: C): readonly C[] {
  const current = findCondition(conditions, condition.type);
  if (current !== undefined && current.status === condition.status && current.reason === condition.reason) return conditions;
  const kept = conditions.filter(({ type }) => type !== condition.type);
  const isSameStatus = current !== undefined && current.status === condition.status;
  kept.push(isSameStatus ? { ...condition, lastTransitionTime: current.lastTransitionTime } : condition);
  return kept;
}

export function removeCondition<C extends Condition>(conditions: readonly C[], type: string): readonly C[] {
  return findCondition(conditions, type) === undefined ? conditions : conditions.filter((condition) => condition.type !== type);
}
