/** The file that kubectl, client libraries and a scheduler are pointed at. JSON is YAML: every reader of kubeconfigs takes it, but people read this. */

import { stringify } from 'yaml';

export const kubeconfig = (server: string, token: string): string =>
  stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'wavetank',
    clusters: [{ name: 'wavetank', cluster: { server } }],
    users: [{ name: 'wavetank-admin', user: { token } }],
    contexts: [{ name: 'wavetank', context: { cluster: 'wavetank', user: 'wavetank-admin', namespace: 'default' } }],
  });
