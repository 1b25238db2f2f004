/** PriorityLevelConfigurations. Mirrors Kubernetes v1.34 pkg/apis/flowcontrol/v1/defaults.go and pkg/apis/flowcontrol/validation/validation.go. */

import { deepEqual, type FieldError, type PriorityLevelConfiguration } from '#api';
import { MANDATORY_LEVELS } from '../flow-control/bootstrap.ts';
import { type FieldErrors, forbiddenField, invalidValue, notSupported, required } from '../validation/field-error.ts';
import type { ResourceDescriptor } from './descriptor.ts';
import { validateConditions } from './flow-schemas.ts';

type Spec = NonNullable<PriorityLevelConfiguration['spec']>;
type Limited = NonNullable<Spec['limited']>;
type Queuing = NonNullable<NonNullable<Limited['limitResponse']>['queuing']>;

const QUEUES_MAX = 10_000_000;
/** shufflesharding.MaxHashBits. */
const HASH_BITS = 60;

function withDefaults(object: PriorityLevelConfiguration): PriorityLevelConfiguration {
  const { spec } = object;
  if (spec === undefined) return object;
  if (spec.type === 'Exempt')
    return { ...object, spec: { ...spec, exempt: { nominalConcurrencyShares: 0, lendablePercent: 0, ...spec.exempt } } };
  if (spec.limited === undefined) return object;
  const { limitResponse } = spec.limited;
  const queuing = limitResponse?.queuing;
  return {
    ...object,
    spec: {
      ...spec,
      limited: {
        nominalConcurrencyShares: 30,
        lendablePercent: 0,
        ...spec.limited,
        ...(queuing === undefined ? {} : { limitResponse: { ...limitResponse, queuing: filled(queuing) } as Limited['limitResponse'] }),
      },
    },
  };
}

const filled = ({ queues, handSize, queueLengthLimit }: Queuing): Queuing => ({
  queues: queues || 64,
  handSize: handSize || 8,
  queueLengthLimit: queueLengthLimit || 50,
});

/** How much of a hash it takes to deal a hand (RequiredEntropyBits). */
function entropyBits(deck: number, hand: number): number {
  let bits = 0;
  for (let i = 0; i < hand; i++) bits += Math.log2(deck - i);
  return Math.ceil(bits);
}

function checkQueuing({ queues = 0, handSize = 0, queueLengthLimit = 0 }: Queuing, at: string, errors: FieldError[]): void {
  if (queueLengthLimit <= 0) errors.push(invalidValue(`${at}.queueLengthLimit`, queueLengthLimit, 'must be positive'));
  if (queues <= 0) errors.push(invalidValue(`${at}.queues`, queues, 'must be positive'));
  else if (queues > QUEUES_MAX) errors.push(invalidValue(`${at}.queues`, queues, `must not be greater than ${QUEUES_MAX}`));
  if (handSize <= 0) errors.push(invalidValue(`${at}.handSize`, handSize, 'must be positive'));
  else if (handSize > queues) errors.push(invalidValue(`${at}.handSize`, handSize, `should not be greater than queues (${queues})`));
  else if (entropyBits(queues, handSize) > HASH_BITS) {
    const text = `required entropy bits of deckSize ${queues} and handSize ${handSize} should not be greater than ${HASH_BITS}`;
    errors.push(invalidValue(`${at}.handSize`, handSize, text));
  }
}

function checkShares(
  { nominalConcurrencyShares: shares = 0, lendablePercent: lendable = 0 }: Pick<Limited, 'nominalConcurrencyShares' | 'lendablePercent'>,
  at: string,
  errors: FieldError[],
): void {
  if (shares < 0) errors.push(invalidValue(`${at}.nominalConcurrencyShares`, shares, 'must be a non-negative integer'));
  if (lendable < 0 || lendable > 100) errors.push(invalidValue(`${at}.lendablePercent`, lendable, 'must be between 0 and 100, inclusive'));
}

function checkLimited(limited: Limited, at: string, errors: FieldError[]): void {
  checkShares(limited, at, errors);
  const { limitResponse, borrowingLimitPercent: borrowing } = limited;
  const here = `${at}.limitResponse`;
  const queuing = limitResponse?.queuing;
  if (limitResponse?.type === 'Reject') {
    if (queuing !== undefined) errors.push(forbiddenField(`${here}.queuing`, 'must be nil if limited.limitResponse.type is not Limited'));
  } else if (limitResponse?.type === 'Queue') {
    if (queuing === undefined) errors.push(required(`${here}.queuing`, 'must not be empty if limited.limitResponse.type is Limited'));
    else checkQueuing(queuing, `${here}.queuing`, errors);
  } else errors.push(notSupported(`${here}.type`, limitResponse?.type ?? '', ['Queue', 'Reject']));
  if (borrowing !== undefined && borrowing < 0)
    errors.push(invalidValue(`${at}.borrowingLimitPercent`, borrowing, 'if specified, must be a non-negative integer'));
}

/** The mandatory levels stay as they are, but for what the exempt one may lend. */
function checkFixed(name: string, spec: Spec | undefined, errors: FieldError[]): void {
  const fixed = MANDATORY_LEVELS.find((one) => one.metadata?.name === name);
  if (fixed === undefined) return;
  const isExempt = name === 'exempt';
  const wanted = isExempt ? { ...fixed.spec, exempt: spec?.exempt } : fixed.spec;
  if (deepEqual(spec, wanted)) return;
  const text = isExempt
    ? "spec of 'exempt' except the 'spec.exempt' field must equal the fixed value"
    : `spec of '${name}' must equal the fixed value`;
  errors.push(invalidValue('spec', spec, text));
}

function validate({ metadata, spec }: PriorityLevelConfiguration): FieldErrors {
  const errors: FieldError[] = [];
  const name = metadata?.name ?? '';
  const type = spec?.type ?? '';
  if ((name === 'exempt') !== (type === 'Exempt'))
    errors.push(invalidValue('spec.type', type, "must be 'Exempt' if and only if `name` is 'exempt'"));
  if (type === 'Exempt') {
    if (spec?.exempt !== undefined) checkShares(spec.exempt, 'spec.exempt', errors);
    if (spec?.limited !== undefined) errors.push(forbiddenField('spec.limited', 'must be nil if the type is not Limited'));
  } else if (type === 'Limited') {
    if (spec?.exempt !== undefined) errors.push(forbiddenField('spec.exempt', 'must be nil if the type is Limited'));
    if (spec?.limited === undefined) errors.push(required('spec.limited', 'must not be empty when type is Limited'));
    else checkLimited(spec.limited, 'spec.limited', errors);
  } else errors.push(notSupported('spec.type', type, ['Exempt', 'Limited']));
  checkFixed(name, spec, errors);
  return errors;
}

export const priorityLevelConfigurations: ResourceDescriptor<PriorityLevelConfiguration> = {
  resource: 'prioritylevelconfigurations.flowcontrol.apiserver.k8s.io',
  hasStatus: true,
  hasGeneration: true,
  defaults: withDefaults,
  prepareForCreate: (object) => ({ ...object, status: {} }),
  validate,
  validateStatusUpdate: ({ status }) => validateConditions(status?.conditions),
};
