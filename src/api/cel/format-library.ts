/** CEL's named formats: format.dns1123Label().validate(text) and the like, format.named(name). Mirrors apiserver v1.34 pkg/cel/library/format.go. */

import { type Environment, Optional } from '@marcbachmann/cel-js';
import { parseTime } from '../calendar-time.ts';
import { dns1035Label, dns1123Label, dns1123Subdomain, labelValue, type NameRule, qualifiedName } from '../names.ts';
import { parseRequestUri } from './go-url.ts';

export class CelFormat {
  readonly name: string;
  readonly rule: NameRule;
  /** How long a regular expression for it is, by which its use is charged. */
  readonly regexSize: number;

  constructor(name: string, regexSize: number, rule: NameRule) {
    this.name = name;
    this.regexSize = regexSize;
    this.rule = rule;
  }
}

const matching =
  (test: (text: string) => boolean, error: string): NameRule =>
  (text) =>
    test(text) ? [] : [error];
/** The last two characters give way to one that may end a name. */
const prefix =
  (rule: NameRule): NameRule =>
  (text) =>
    rule(text.length > 1 && text.endsWith('-') ? `${text.slice(0, -2)}a` : text);

const UUID = /^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i;
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=|[A-Za-z0-9+/]{4})$/;
const isDate = (text: string): boolean => /^\d{4}-\d\d-\d\d$/.test(text) && parseTime(`${text}T00:00:00Z`) !== undefined;
const isUri: NameRule = (text) => {
  try {
    parseRequestUri(text);
    return [];
  } catch (error) {
    return [(error as Error).message];
  }
};
const TIME_REGEX = '^([0-9]{2}):([0-9]{2}):([0-9]{2})(.[0-9]+)?(z|([+-][0-9]{2}:[0-9]{2}))$'.length;
const UUID_REGEX = '(?i)^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$'.length;

const FORMATS: Readonly<Record<string, CelFormat>> = {
  dns1123Label: new CelFormat('DNS1123Label', 30, dns1123Label),
  dns1123Subdomain: new CelFormat('DNS1123Subdomain', 60, dns1123Subdomain),
  dns1035Label: new CelFormat('DNS1035Label', 30, dns1035Label),
  qualifiedName: new CelFormat('QualifiedName', 60, qualifiedName),
  dns1123LabelPrefix: new CelFormat('DNS1123LabelPrefix', 30, prefix(dns1123Label)),
  dns1123SubdomainPrefix: new CelFormat('DNS1123SubdomainPrefix', 60, prefix(dns1123Subdomain)),
  dns1035LabelPrefix: new CelFormat('DNS1035LabelPrefix', 30, prefix(dns1035Label)),
  labelValue: new CelFormat('LabelValue', 40, labelValue),
  uri: new CelFormat('URI', 1103, isUri),
  uuid: new CelFormat(
    'uuid',
    UUID_REGEX,
    matching((text) => UUID.test(text), 'does not match the UUID format'),
  ),
  byte: new CelFormat(
    'byte',
    84,
    matching((text) => BASE64.test(text), 'invalid base64'),
  ),
  date: new CelFormat('date', TIME_REGEX, matching(isDate, 'invalid date')),
  datetime: new CelFormat(
    'datetime',
    TIME_REGEX,
    matching((text) => parseTime(text) !== undefined, 'invalid datetime'),
  ),
};

/** `format.named(...)`: a namespace in cel-go, a constant with methods here. */
class FormatFunctions {}

const TYPE = 'kubernetes.NamedFormat';

export function registerFormats(environment: Environment): void {
  const place = 'kubernetes.FormatFunctions';
  environment
    .registerType(TYPE, { ctor: CelFormat as never, fields: {} })
    .registerType(place, { ctor: FormatFunctions as never, fields: {} })
    .registerConstant('format', place, new FormatFunctions())
    .registerFunction(`${place}.named(string): optional<${TYPE}>`, (_: FormatFunctions, name: string) =>
      Object.hasOwn(FORMATS, name) ? Optional.of(FORMATS[name]) : Optional.none(),
    )
    .registerFunction(`${TYPE}.validate(string): optional<list<string>>`, ({ rule }: CelFormat, text: string) => {
      const errors = rule(text);
      return errors.length === 0 ? Optional.none() : Optional.of(errors);
    })
    .registerOperator(`${TYPE} == ${TYPE}`, (a: CelFormat, b: CelFormat) => a.name === b.name);
  for (const name in FORMATS) environment.registerFunction(`${place}.${name}(): ${TYPE}`, () => FORMATS[name] as CelFormat);
}
