/** What names and values of devices may be: rules of resource.k8s.io that a scenario is held to, because nobody would see the API server refuse a slice. */

import { dns1123Subdomain, isSemver } from '#api';

const PROPERTY = /^(?:([^/]*)\/)?[A-Za-z_][A-Za-z0-9_]{0,31}$/;
const isDriver = (name: string): boolean => name.length <= 63 && dns1123Subdomain(name).length === 0;

function isProperty(name: string): boolean {
  const match = PROPERTY.exec(name);
  return match !== null && (match[1] === undefined || isDriver(match[1]));
}

export const DEVICE_FORMATS = {
  driver: { accepts: (value: string | number) => isDriver(String(value)), expected: "a driver's name, such as gpu.example.com" },
  'device-property': {
    accepts: (value: string | number) => isProperty(String(value)),
    expected: "a device property's name (letters, digits and _, at most 32; a domain and / may stand before it)",
  },
  'device-text': {
    accepts: (value: string | number) => typeof value === 'number' || value.length <= 64,
    expected: 'a text of at most 64 characters',
  },
  semver: {
    accepts: (value: string | number) => isSemver(String(value)) && String(value).length <= 64,
    expected: 'a version such as 1.2.3',
  },
};
