/** Short forms in which the bootstrap policy is written: words apart by spaces. */

import type { PolicyRule } from './rules.ts';

const words = (text: string): readonly string[] => text.split(' ');

export const READ = 'get list watch';
export const WRITE = 'create delete deletecollection patch update';

/** `group` '' is core; several stand apart by spaces, core as '-'. */
export function rule(verbs: string, group: string, resources: string, names?: string): PolicyRule {
  return {
    apiGroups: group === '' ? [''] : words(group).map((one) => (one === '-' ? '' : one)),
    resources: words(resources),
    ...(names === undefined ? {} : { resourceNames: words(names) }),
    verbs: words(verbs),
  };
}

export const urls = (paths: string, verbs = 'get'): PolicyRule => ({ nonResourceURLs: words(paths), verbs: words(verbs) });
export const EVENTS: PolicyRule = rule('create patch update', '- events.k8s.io', 'events');
export const APPS = 'apps extensions';
