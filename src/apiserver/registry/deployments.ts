/** Deployments. Mirrors Kubernetes v1.34 pkg/apis/apps/v1/defaults.go, pkg/registry/apps/deployment and ValidateDeployment. */

import type { Deployment, FieldError } from '#api';
import { defaultTemplate } from '../defaults/pod-spec.ts';
import { validateNonNegative } from '../validation/counts.ts';
import { type FieldErrors, forbiddenField, invalidValue, notSupported } from '../validation/field-error.ts';
import { validateAtMostAll, validateIntOrPercent } from '../validation/int-or-percent.ts';
import { frozen, internalForm } from '../validation/internal-form.ts';
import { validateAlwaysRestarts, validateSelectorAndTemplate } from '../validation/workload.ts';
import type { ResourceDescriptor } from './descriptor.ts';
import { selectorText } from './label-selector-text.ts';

type Spec = NonNullable<Deployment['spec']>;
type Strategy = NonNullable<Spec['strategy']>;

function defaultStrategy(strategy: Strategy | undefined): Strategy {
  const type = strategy?.type || 'RollingUpdate';
  if (type !== 'RollingUpdate') return strategy as Strategy;
  const { maxSurge, maxUnavailable } = strategy?.rollingUpdate ?? {};
  if (strategy?.type && maxSurge !== undefined && maxUnavailable !== undefined) return strategy;
  return { type, rollingUpdate: { maxUnavailable: maxUnavailable ?? '25%', maxSurge: maxSurge ?? '25%' } };
}

function defaults(deployment: Deployment): Deployment {
  const spec = deployment.spec;
  if (spec === undefined) return deployment;
  const template = defaultTemplate(spec.template);
  const strategy = defaultStrategy(spec.strategy);
  const isDone =
    template === spec.template &&
    strategy === spec.strategy &&
    spec.replicas !== undefined &&
    spec.revisionHistoryLimit !== undefined &&
    spec.progressDeadlineSeconds !== undefined;
  if (isDone) return deployment;
  return {
    ...deployment,
    spec: {
      ...spec,
      replicas: spec.replicas ?? 1,
      template,
      strategy,
      revisionHistoryLimit: spec.revisionHistoryLimit ?? 10,
      progressDeadlineSeconds: spec.progressDeadlineSeconds ?? 600,
    },
  };
}

const isZero = (value: unknown): boolean => value === 0 || value === '0' || value === '0%';
function validateStrategy(strategy: Strategy | undefined, errors: FieldError[]): void {
  if (strategy?.type === 'Recreate') {
    if (strategy.rollingUpdate !== undefined && strategy.rollingUpdate !== null)
      errors.push(forbiddenField('spec.strategy.rollingUpdate', "may not be specified when strategy `type` is 'Recreate'"));
    return;
  }
  if (strategy?.type !== 'RollingUpdate') {
    errors.push(notSupported('spec.strategy', internalForm('DeploymentStrategy', strategy), ['Recreate', 'RollingUpdate']));
    return;
  }
  const { maxSurge, maxUnavailable } = strategy.rollingUpdate ?? {};
  validateIntOrPercent(maxUnavailable, 'spec.strategy.rollingUpdate.maxUnavailable', errors);
  validateIntOrPercent(maxSurge, 'spec.strategy.rollingUpdate.maxSurge', errors);
  if (isZero(maxUnavailable) && isZero(maxSurge))
    errors.push(invalidValue('spec.strategy.rollingUpdate.maxUnavailable', maxUnavailable, 'may not be 0 when `maxSurge` is 0'));
  validateAtMostAll(maxUnavailable, 'spec.strategy.rollingUpdate.maxUnavailable', errors);
}

function validateNumbers(spec: Spec, errors: FieldError[]): void {
  validateStrategy(spec.strategy, errors);
  validateNonNegative(spec.minReadySeconds, 'spec.minReadySeconds', errors);
  validateNonNegative(spec.revisionHistoryLimit, 'spec.revisionHistoryLimit', errors);
  validateNonNegative(spec.progressDeadlineSeconds, 'spec.progressDeadlineSeconds', errors);
  if (spec.progressDeadlineSeconds !== undefined && spec.progressDeadlineSeconds <= (spec.minReadySeconds ?? 0))
    errors.push(invalidValue('spec.progressDeadlineSeconds', spec.progressDeadlineSeconds, 'must be greater than minReadySeconds'));
}

function validate(deployment: Deployment): FieldErrors {
  const errors: FieldError[] = [];
  const spec = deployment.spec ?? ({} as Spec);
  validateNonNegative(spec.replicas, 'spec.replicas', errors);
  validateSelectorAndTemplate(spec.selector, spec.template, 'deployment', 'invalid label selector', errors);
  validateAlwaysRestarts(spec.template, 'ReplicaSet', errors);
  validateNumbers(spec, errors);
  return errors;
}

export const deployments: ResourceDescriptor<Deployment> = {
  resource: 'deployments.apps',
  hasStatus: true,
  hasGeneration: true,
  defaults,
  validate,
  validateUpdate(next, old) {
    if (next.spec === old.spec) return [];
    return [...validate(next), ...frozen('spec.selector', 'LabelSelector', next.spec?.selector, old.spec?.selector)];
  },
  scale: {
    replicas: (deployment) => deployment.spec?.replicas ?? 0,
    statusReplicas: (deployment) => deployment.status?.replicas ?? 0,
    selector: (deployment) => selectorText(deployment.spec?.selector),
    withReplicas: (deployment, replicas) => ({ ...deployment, spec: { ...(deployment.spec as Spec), replicas } }),
  },
};
