/** Probes and hooks of containers. Mirrors Kubernetes v1.34 pkg/apis/core/validation/validation.go (validateHandler, validateProbe, validateLifecycle). */

import type { Container, FieldError, Probe } from '#api';
import { validateNonNegative } from './counts.ts';
import { forbiddenField, has, invalidValue, required, validateChoice } from './field-error.ts';
import { validateName } from './lists.ts';
import { headerName, portName } from './names.ts';

const PORT_RANGE = 'must be between 1 and 65535, inclusive';
const PORT_MAX = 65_535;

/** ValidatePortNumOrName. */
export function validatePortOrName(port: number | string | undefined, field: string, errors: FieldError[]): void {
  if (typeof port === 'string') validateName(port, portName, field, errors);
  else if (!has(port) || port < 1 || port > PORT_MAX) errors.push(invalidValue(field, port ?? 0, PORT_RANGE));
}

interface HttpGet {
  readonly path?: string;
  readonly port: number | string;
  readonly scheme?: string;
  readonly httpHeaders?: readonly { readonly name: string }[];
}

function validateHttpGet({ path, port, scheme, httpHeaders }: HttpGet, at: string, errors: FieldError[]): void {
  if (!path) errors.push(required(`${at}.path`));
  validatePortOrName(port, `${at}.port`, errors);
  validateChoice(scheme, ['HTTP', 'HTTPS'], `${at}.scheme`, errors);
  for (const header of httpHeaders ?? []) validateName(header.name, headerName, `${at}.httpHeaders`, errors);
}

type Handlers = Pick<Probe, 'exec' | 'httpGet' | 'tcpSocket' | 'grpc'> & { readonly sleep?: { readonly seconds?: number } };

/** Exactly one way to probe or to hook; `grace` is the pod's termination grace period. */
export function validateHandler(handlers: Handlers, grace: number | undefined, isProbe: boolean, at: string, errors: FieldError[]): void {
  const { exec, httpGet, tcpSocket, grpc, sleep } = handlers;
  const checks: Readonly<Record<string, (field: string) => void>> = {
    exec: (field) => void ((exec?.command ?? []).length === 0 && errors.push(required(`${field}.command`))),
    httpGet: (field) => validateHttpGet(httpGet as HttpGet, field, errors),
    tcpSocket: (field) => validatePortOrName(tcpSocket?.port, `${field}.port`, errors),
    grpc: (field) => validatePortOrName(grpc?.port ?? 0, `${field}.port`, errors),
    sleep(field) {
      const seconds = sleep?.seconds ?? 0;
      if (grace !== undefined && (seconds < 0 || seconds > grace))
        errors.push(invalidValue(field, seconds, `must be non-negative and less than terminationGracePeriodSeconds (${grace})`));
    },
  };
  let given = 0;
  for (const kind of isProbe ? ['exec', 'httpGet', 'tcpSocket', 'grpc'] : ['exec', 'httpGet', 'tcpSocket', 'sleep']) {
    if (!has((handlers as Readonly<Record<string, unknown>>)[kind])) continue;
    if (given++ > 0) errors.push(forbiddenField(`${at}.${kind}`, 'may not specify more than 1 handler type'));
    else checks[kind]?.(`${at}.${kind}`);
  }
  if (given === 0) errors.push(required(at, 'must specify a handler type'));
}

const TIMES = ['initialDelaySeconds', 'timeoutSeconds', 'periodSeconds', 'successThreshold', 'failureThreshold'] as const;

function validateProbe(probe: Probe, at: string, errors: FieldError[]): void {
  validateHandler(probe, undefined, true, at, errors);
  for (const name of TIMES) validateNonNegative(probe[name], `${at}.${name}`, errors);
  const grace = probe.terminationGracePeriodSeconds;
  if (has(grace) && grace <= 0) errors.push(invalidValue(`${at}.terminationGracePeriodSeconds`, grace, 'must be greater than 0'));
}

export function validateProbes(container: Container, at: string, errors: FieldError[]): void {
  for (const name of ['livenessProbe', 'readinessProbe', 'startupProbe'] as const) {
    const probe = container[name];
    if (!has(probe)) continue;
    validateProbe(probe, `${at}.${name}`, errors);
    if (name !== 'readinessProbe') {
      if (probe.successThreshold !== 1)
        errors.push(invalidValue(`${at}.${name}.successThreshold`, probe.successThreshold ?? 0, 'must be 1'));
    } else if (has(probe.terminationGracePeriodSeconds))
      errors.push(
        invalidValue(
          `${at}.${name}.terminationGracePeriodSeconds`,
          probe.terminationGracePeriodSeconds,
          'must not be set for readinessProbes',
        ),
      );
  }
}

/** validateLifecycle. Stop signals are behind a gate that is off: they are dropped. */
export function validateLifecycle({ lifecycle }: Container, grace: number | undefined, at: string, errors: FieldError[]): void {
  if (has(lifecycle?.postStart)) validateHandler(lifecycle.postStart, grace, false, `${at}.lifecycle.postStart`, errors);
  if (has(lifecycle?.preStop)) validateHandler(lifecycle.preStop, grace, false, `${at}.lifecycle.preStop`, errors);
}
