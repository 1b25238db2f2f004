/** Rules for names, labels and keys, with their texts. Mirrors apimachinery v1.34 pkg/util/validation/validation.go and pkg/api/validation/generic.go. */

const LABEL = /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?$/;
const SUBDOMAIN = /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*$/;
const LABEL_1035 = /^[a-z](?:[-a-z0-9]*[a-z0-9])?$/;
const QUALIFIED = /^(?:[A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/;
const LABEL_VALUE = /^(?:(?:[A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$/;

export const LABEL_MAX = 63;
export const SUBDOMAIN_MAX = 253;

const SUBDOMAIN_TEXT =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const LABEL_TEXT =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
const LABEL_1035_TEXT =
  "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')";
const QUALIFIED_TEXT =
  "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
const LABEL_VALUE_TEXT =
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";

const maxLength = (length: number): string => `must be no more than ${length} characters`;
const NONE: readonly string[] = [];

/** What is wrong with a name; nothing when it is fine. */
export type NameRule = (name: string) => readonly string[];

const rule =
  (pattern: RegExp, max: number, text: string): NameRule =>
  (name) => {
    if (name.length <= max && pattern.test(name)) return NONE;
    return [...(name.length > max ? [maxLength(max)] : []), ...(pattern.test(name) ? [] : [text])];
  };

export const dns1123Subdomain = rule(SUBDOMAIN, SUBDOMAIN_MAX, SUBDOMAIN_TEXT);
const label = rule(LABEL, LABEL_MAX, LABEL_TEXT);
/** A name of several labels is told what alone is wrong with it. */
export const dns1123Label: NameRule = (name) => {
  const errors = label(name);
  return errors.length > 0 && SUBDOMAIN.test(name) ? errors.map((text) => (text === LABEL_TEXT ? 'must not contain dots' : text)) : errors;
};
export const dns1035Label = rule(LABEL_1035, LABEL_MAX, LABEL_1035_TEXT);
export const labelValue = rule(LABEL_VALUE, LABEL_MAX, LABEL_VALUE_TEXT);

/** Keys of labels, annotations, taints, extended resources: an optional DNS prefix, a slash, a name. */
export const qualifiedName: NameRule = (key) => {
  const slash = key.indexOf('/');
  const errors: string[] = [];
  if (slash >= 0 && key.indexOf('/', slash + 1) >= 0) {
    return [
      `a qualified name must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]') with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`,
    ];
  }
  if (slash === 0) errors.push('prefix part must be non-empty');
  else if (slash > 0) errors.push(...dns1123Subdomain(key.slice(0, slash)).map((text) => `prefix part ${text}`));
  const name = key.slice(slash + 1);
  if (name === '') errors.push('name part must be non-empty');
  else if (name.length > LABEL_MAX) errors.push(`name part ${maxLength(LABEL_MAX)}`);
  if (!QUALIFIED.test(name)) errors.push(QUALIFIED_TEXT);
  return errors.length === 0 ? NONE : errors;
};
