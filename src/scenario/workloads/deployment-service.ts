/** The Service of a Deployment that an entry makes: its name, its label `app`, port 80 to 8080. */

import type { Service } from '#api';

export const service = (name: string, namespace: string): Service => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name, namespace, labels: { app: name } },
  spec: { selector: { app: name }, ports: [{ name: 'http', port: 80, targetPort: 8080 }] },
});
