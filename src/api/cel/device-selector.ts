/** Selectors of devices: a CEL expression over `device.driver`, `device.attributes` and `device.capacity`, compiled once.
 *  Mirrors dynamic-resource-allocation v1.34 cel/compile.go and cel/cache.go. */

import type { Environment } from '@marcbachmann/cel-js';
import type { Device, DeviceAttribute } from '../device-objects.ts';
import { celGoError } from './compile-error.ts';
import { kubernetesCel } from './environment.ts';
import { EvaluationCost } from './evaluation-cost.ts';
import { withOwnPresence } from './presence.ts';
import { CelQuantity } from './quantity-library.ts';
import type { CelNode } from './schema-rule.ts';
import { CelSemver } from './semver-library.ts';
import { allowMixedArguments } from './text-formatting.ts';

export interface DeviceSelectorProgram {
  /** The expression as it was parsed. */
  readonly ast?: CelNode;
  /** Why the expression cannot be used, in Kubernetes' words. */
  readonly error?: string;
  /** Throws what went wrong at run time, in CEL's words ("no such key: model"); an evaluation may cost CELSelectorExpressionMaxCost. */
  matches(driver: string, device: Device): boolean;
}

/** Names without a default for unknown domains, for what asks whether a domain is there: the library answers `in` by a look-up. Same length as the
 *  fields' own names, so that positions in errors stay. */
const DOMAIN_TEST = /\bin(\s+)device(\s*\.\s*)(attributes|capacity)(?!\s*[[.?\w])/g;
const withDomainTests = (expression: string): string =>
  expression.replace(
    DOMAIN_TEST,
    (_, gap: string, dot: string, name: string) => `in${gap}device${dot}${name === 'capacity' ? 'capacitY' : 'attributeS'}`,
  );

class CelDevice {
  readonly driver: string;
  readonly attributes: Map<string, Map<string, unknown>>;
  readonly capacity: Map<string, Map<string, CelQuantity>>;
  readonly attributeS: Map<string, Map<string, unknown>>;
  readonly capacitY: Map<string, Map<string, CelQuantity>>;

  constructor(driver: string, { attributes, capacity }: Device) {
    this.driver = driver;
    this.attributes = byDomain(driver, attributes ?? {}, attributeValue);
    this.capacity = byDomain(driver, capacity ?? {}, ({ value }) => CelQuantity.parse(value ?? 0));
    this.attributeS = new Map(this.attributes);
    this.capacitY = new Map(this.capacity);
  }
}

function attributeValue(attribute: DeviceAttribute): unknown {
  if (attribute.int !== undefined) return BigInt(attribute.int);
  if (attribute.bool !== undefined) return attribute.bool;
  if (attribute.string !== undefined) return attribute.string;
  if (attribute.version !== undefined) return CelSemver.parse(attribute.version);
  throw new Error('unsupported attribute value');
}

/** Names without a domain belong to the driver's. A domain that the device does not have reads as an empty map. */
function byDomain<From, To>(
  driver: string,
  values: Readonly<Record<string, From>>,
  convert: (value: From) => To,
): Map<string, Map<string, To>> {
  const domains = new Map<string, Map<string, To>>();
  for (const [name, value] of Object.entries(values)) {
    const slash = name.indexOf('/');
    const domain = slash < 0 ? driver : name.slice(0, slash);
    let ids = domains.get(domain);
    if (ids === undefined) domains.set(domain, (ids = new Map()));
    ids.set(name.slice(slash + 1), convert(value));
  }
  const empty = new Map<string, To>();
  const known = domains.get.bind(domains);
  domains.get = (domain) => known(domain) ?? empty;
  return domains;
}

let environment: Environment | undefined;

function deviceEnvironment(): Environment {
  environment ??= kubernetesCel()
    .registerType('kubernetes.DRADevice', {
      ctor: CelDevice as never,
      fields: {
        driver: 'string',
        attributes: 'map<string, map<string, dyn>>',
        capacity: 'map<string, map<string, kubernetes.Quantity>>',
        attributeS: 'map<string, map<string, dyn>>',
        capacitY: 'map<string, map<string, kubernetes.Quantity>>',
      },
    })
    .registerVariable('device', 'kubernetes.DRADevice');
  return environment;
}

// Devices come from published slices, which never change.
const celDevices = new WeakMap<Device, CelDevice>();

function celDevice(driver: string, device: Device): CelDevice {
  let known = celDevices.get(device);
  if (known?.driver !== driver) {
    known = new CelDevice(driver, device);
    celDevices.set(device, known);
  }
  return known;
}

const refused = (error: string): DeviceSelectorProgram => ({ error, matches: () => false });

function compile(expression: string): DeviceSelectorProgram {
  try {
    const program = deviceEnvironment().parse(withDomainTests(withOwnPresence(expression)));
    allowMixedArguments(program.ast);
    const { valid, type, error } = program.check();
    if (!valid) return refused(`compilation failed: ${celGoError(error as never, expression)}`);
    if (type !== 'bool' && type !== 'dyn') return refused(`must evaluate to bool or the unknown type, not ${type}`);
    const cost = new EvaluationCost(program.ast);
    return { ast: program.ast as unknown as CelNode, matches: (driver, device) => run(cost, program, driver, device) };
  } catch (error) {
    return refused(`compilation failed: ${celGoError(error as Error, expression)}`);
  }
}

function run(meter: EvaluationCost, program: (context: object) => unknown, driver: string, device: Device): boolean {
  const { value: result, error } = meter.measure(() => program({ device: celDevice(driver, device) }));
  if (error !== undefined) {
    const { summary, message } = error as { readonly summary?: string; readonly message: string };
    const text = (summary ?? message).replace(/^No such key: /, 'no such key: ').replace(/^no such overload: .*/, 'no such overload');
    throw new Error(text);
  }
  if (typeof result !== 'boolean') throw new Error(`CEL result of type ${typeName(result)} could not be converted to bool`);
  return result;
}

const typeName = (value: unknown): string =>
  typeof value === 'bigint' ? 'int' : typeof value === 'number' ? 'double' : value instanceof Map ? 'map' : typeof value;

// A cluster has a handful of expressions; the cap keeps hostile input from filling memory.
const CACHE_MAX = 1000;
const programs = new Map<string, DeviceSelectorProgram>();

/** The compiled form of an expression; the same one each time. */
export function compileDeviceSelector(expression: string): DeviceSelectorProgram {
  let program = programs.get(expression);
  if (program === undefined) {
    program = compile(expression);
    if (programs.size >= CACHE_MAX) programs.clear();
    programs.set(expression, program);
  }
  return program;
}
