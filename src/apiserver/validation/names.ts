/** Rules for names of some kinds, with their texts; those of all kinds are in #api. Mirrors apimachinery v1.34 pkg/util/validation/validation.go and pkg/api/validation/generic.go. */

import type { NameRule } from '#api';

export { dns1035Label, dns1123Label, dns1123Subdomain, LABEL_MAX, labelValue, type NameRule, qualifiedName, SUBDOMAIN_MAX } from '#api';

const C_IDENTIFIER = /^[A-Za-z_][A-Za-z0-9_]*$/;
const maxLength = (length: number): string => `must be no more than ${length} characters`;
const NONE: readonly string[] = [];

/** path.IsValidPathSegmentName: what RBAC names must be. */
export const pathSegment: NameRule = (name) => {
  if (name === '.' || name === '..') return [`may not be '${name}'`];
  const bad = ['/', '%'].filter((part) => name.includes(part));
  return bad.length === 0 ? NONE : bad.map((part) => `may not contain '${part}'`);
};

export const envVarName: NameRule = (name) =>
  /^[\x20-\x3c\x3e-\x7e]+$/.test(name)
    ? NONE
    : ["a valid environment variable name must consist only of printable ASCII characters other than '='"];

export const cIdentifier = (name: string): boolean => C_IDENTIFIER.test(name);

/** IANA_SVC_NAME of port names. */
export const portName: NameRule = (name) => {
  const errors: string[] = [];
  if (name.length > 15) errors.push(maxLength(15));
  if (!/^[-a-z0-9]+$/.test(name)) errors.push('must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)');
  if (!/[a-z]/.test(name)) errors.push('must contain at least one letter (a-z)');
  if (name.includes('--')) errors.push('must not contain consecutive hyphens');
  if (name.startsWith('-') || name.endsWith('-')) errors.push('must not begin or end with a hyphen');
  return errors.length === 0 ? NONE : errors;
};

const CONFIG_KEY_TEXT =
  "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')";

/** IsConfigMapKey: keys of config maps and secrets. */
export const configMapKey: NameRule = (key) => {
  const errors: string[] = [];
  if (key.length > 253) errors.push(maxLength(253));
  if (!/^[-._a-zA-Z0-9]+$/.test(key)) errors.push(CONFIG_KEY_TEXT);
  if (key === '.') errors.push("must not be '.'");
  else if (key === '..') errors.push("must not be '..'");
  else if (key.startsWith('..')) errors.push("must not start with '..'");
  return errors.length === 0 ? NONE : errors;
};

/** IsHTTPHeaderName. */
export const headerName: NameRule = (name) =>
  /^[-A-Za-z0-9]+$/.test(name)
    ? NONE
    : [
        "a valid HTTP header must consist of alphanumeric characters or '-' (e.g. 'X-Header-Name', regex used for validation is '[-A-Za-z0-9]+')",
      ];

const UNDERSCORED = /^_?[a-z0-9](?:[-_a-z0-9]*[a-z0-9])?(?:\._?[a-z0-9](?:[-_a-z0-9]*[a-z0-9])?)*$/;

/** IsDNS1123SubdomainWithUnderscore: search domains. */
export const underscoredSubdomain: NameRule = (name) => {
  const errors: string[] = [];
  if (name.length > 253) errors.push(maxLength(253));
  if (!UNDERSCORED.test(name))
    errors.push(
      "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '_', '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?(\\._?[a-z0-9]([-_a-z0-9]*[a-z0-9])?)*')",
    );
  return errors.length === 0 ? NONE : errors;
};

/** What generateName is checked with: the prefix as if something valid followed. */
export const asPrefix = (prefix: string): string => (prefix.endsWith('-') ? `${prefix.slice(0, -1)}a` : prefix);
