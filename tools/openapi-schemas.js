// Makes src/apiserver/openapi/schemas.json.gz: the schemas of the kinds that are served, out of the OpenAPI documents that Kubernetes publishes with each
// release, in the Go module k8s.io/kubernetes. Needed only when the release changes:
//   go mod download k8s.io/kubernetes@v1.34.3
//   node tools/openapi-schemas.js "$(go env GOMODCACHE)/k8s.io/kubernetes@v1.34.3"
import { readFileSync, writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';

const GROUPS = [
  'api__v1',
  'apis__admissionregistration.k8s.io__v1',
  'apis__apiextensions.k8s.io__v1',
  'apis__apps__v1',
  'apis__authentication.k8s.io__v1',
  'apis__authorization.k8s.io__v1',
  'apis__autoscaling__v1',
  'apis__autoscaling__v2',
  'apis__batch__v1',
  'apis__certificates.k8s.io__v1',
  'apis__coordination.k8s.io__v1',
  'apis__discovery.k8s.io__v1',
  'apis__events.k8s.io__v1',
  'apis__flowcontrol.apiserver.k8s.io__v1',
  'apis__networking.k8s.io__v1',
  'apis__node.k8s.io__v1',
  'apis__policy__v1',
  'apis__rbac.authorization.k8s.io__v1',
  'apis__resource.k8s.io__v1',
  'apis__scheduling.k8s.io__v1',
  'apis__storage.k8s.io__v1',
];

const [module] = process.argv.slice(2);
if (module === undefined) {
  console.error('openapi-schemas: expected the folder of the module k8s.io/kubernetes');
  process.exit(2);
}
const schemas = {};
for (const group of GROUPS) {
  const document = JSON.parse(readFileSync(`${module}/api/openapi-spec/v3/${group}_openapi.json`, 'utf8'));
  Object.assign(schemas, document.components.schemas);
}
const sorted = Object.fromEntries(Object.entries(schemas).sort(([a], [b]) => (a < b ? -1 : 1)));
const out = new URL('../src/apiserver/openapi/schemas.json.gz', import.meta.url);
writeFileSync(out, gzipSync(JSON.stringify(sorted), { level: 9 }));
console.log(`${Object.keys(sorted).length} schemas in ${out.pathname}`);
