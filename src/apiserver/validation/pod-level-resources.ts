/** Resources of a whole pod beside those of its containers. Mirrors Kubernetes v1.34 pkg/apis/core/validation/validation.go (validatePodResources,
 *  validatePodResourceConsistency) and component-helpers resource/helpers.go. */

import { type FieldError, formatQuantity, type PodSpec, parseQuantity, type Quantity } from '#api';
import { validateResources } from './container-resources.ts';
import { forbiddenField, has, invalidValue } from './field-error.ts';

type Amounts = Readonly<Record<string, string | number>>;
type Which = 'requests' | 'limits';

const amountOf = (amounts: Amounts | undefined, name: string): Quantity | undefined => {
  const amount = amounts?.[name];
  return amount === undefined ? undefined : parseQuantity(amount);
};

/** AggregateContainerRequests: containers and sidecars together, or the greatest init container beside the sidecars before it. */
function aggregate(spec: PodSpec, which: Which): ReadonlyMap<string, Quantity> {
  const sums = new Map<string, Quantity>();
  const add = (into: Map<string, Quantity>, amounts: Amounts | undefined): void => {
    for (const name in amounts) {
      const amount = amountOf(amounts, name);
      const before = into.get(name);
      if (amount !== undefined) into.set(name, before === undefined ? amount : { ...before, nano: before.nano + amount.nano });
    }
  };
  for (const container of spec.containers ?? []) add(sums, container.resources?.[which] as Amounts | undefined);
  const sidecars = new Map<string, Quantity>();
  const peaks = new Map<string, Quantity>();
  for (const container of spec.initContainers ?? []) {
    const amounts = container.resources?.[which] as Amounts | undefined;
    const beside = new Map(sidecars);
    add(beside, amounts);
    if (container.restartPolicy === 'Always') {
      add(sums, amounts);
      add(sidecars, amounts);
    }
    for (const [name, amount] of beside) if (amount.nano > (peaks.get(name)?.nano ?? -1n)) peaks.set(name, amount);
  }
  for (const [name, amount] of peaks) if (amount.nano > (sums.get(name)?.nano ?? -1n)) sums.set(name, amount);
  return sums;
}

function validateConsistency(spec: PodSpec, field: string, errors: FieldError[]): void {
  for (const which of ['requests', 'limits'] as const) {
    const own = spec.resources?.[which] as Amounts | undefined;
    for (const [name, sum] of aggregate(spec, which)) {
      if (which === 'limits' && !name.startsWith('hugepages-')) continue;
      const amount = amountOf(own, name);
      if (amount !== undefined && sum.nano > amount.nano)
        errors.push(
          invalidValue(
            `${field}.${which}[${name}]`,
            formatQuantity(amount),
            `must be greater than or equal to aggregate container ${which} of ${formatQuantity(sum)}`,
          ),
        );
    }
  }
  (spec.containers ?? []).forEach((container, i) => {
    const limits = container.resources?.limits as Amounts | undefined;
    for (const name in limits) {
      const limit = amountOf(limits, name);
      const whole = amountOf(spec.resources?.limits as Amounts | undefined, name);
      if (limit !== undefined && whole !== undefined && limit.nano > whole.nano)
        errors.push(
          invalidValue(
            `${field}.containers[${i}][${name}].limits`,
            formatQuantity(limit),
            `must be less than or equal to pod limits of ${formatQuantity(whole)}`,
          ),
        );
    }
  });
}

export function validatePodResources(spec: PodSpec, claims: ReadonlySet<string>, field: string, errors: FieldError[]): void {
  const at = `${field}.resources`;
  if (spec.os?.name === 'windows') return void errors.push(forbiddenField(at, 'may not be set for a windows pod'));
  if (has(spec.resources?.claims)) errors.push(forbiddenField(`${at}.claims`, 'claims may not be set for Resources at pod-level'));
  validateResources(spec.resources, claims, at, errors, true);
  validateConsistency(spec, at, errors);
}
