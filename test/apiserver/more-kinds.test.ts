import { describe, expect, it } from 'vitest';
import { catalogue } from '#apiserver';
import { at, bindTo, type Call, create, play, pod } from './lab.ts';

const CSR = 'certificatesigningrequests.certificates.k8s.io';
const CLASSES = 'runtimeclasses.node.k8s.io';
const PEM = Buffer.from('-----BEGIN CERTIFICATE REQUEST-----\nMIIB\n-----END CERTIFICATE REQUEST-----\n').toString('base64');
const asked = (spec: object = {}): Call =>
  create(
    CSR,
    { metadata: { name: 'c' }, spec: { request: PEM, signerName: 'example.com/mine', usages: ['client auth'], username: 'root', ...spec } },
    undefined,
  );
const one = (verb: Call['verb'], resource: string, name: string, rest: Partial<Call> = {}): Call => ({ verb, resource, name, ...rest });
const condition = (type: string) => ({ type, status: 'True', reason: 'Mine', message: '' });

describe('certificate signing requests', () => {
  const approve = (...types: string[]): Call =>
    one('patch', CSR, 'c', {
      subresource: 'approval',
      patchType: 'merge',
      body: { status: { conditions: types.map(condition) }, spec: { usages: ['any'] } },
    });
  const sign = one('patch', CSR, 'c', {
    subresource: 'status',
    patchType: 'merge',
    body: { status: { certificate: 'Q0VSVA==', conditions: [] } },
  });

  it('know who asked, are approved by one and signed by another', () => {
    const { answers } = play([
      asked(),
      approve('Approved'),
      sign,
      one('patch', CSR, 'c', { patchType: 'merge', body: { spec: { usages: ['any'] } } }),
    ]);
    expect(answers[0]?.object.spec).toEqual({
      request: PEM,
      signerName: 'example.com/mine',
      usages: ['client auth'],
      username: 'user-0',
      groups: ['system:authenticated'],
    });
    expect(answers[1]?.object.status.conditions).toMatchObject([{ type: 'Approved', lastUpdateTime: expect.stringMatching(/^2026/) }]);
    expect(answers[1]?.object.spec.usages).toEqual(['client auth']);
    expect(answers[2]?.object.status).toMatchObject({ certificate: 'Q0VSVA==', conditions: [{ type: 'Approved' }] });
    expect(answers[3]?.object.spec.usages).toEqual(['client auth']);
  });
  it.each<[Call, string]>([
    [asked({ request: 'YQ==' }), 'PEM block type must be CERTIFICATE REQUEST'],
    [asked({ usages: [] }), 'spec.usages: Required value'],
    [asked({ usages: ['guess'] }), 'spec.usages[0]: Unsupported value: "guess"'],
    [asked({ signerName: 'mine' }), "must be a fully qualified domain and path of the form 'example.com/signer-name'"],
    [asked({ expirationSeconds: 10 }), 'may not specify a duration less than 600 seconds (10 minutes)'],
  ])('are refused: %#', (call, text) => {
    expect(play([call]).answers[0]?.object).toMatchObject({ code: 422, message: expect.stringContaining(text) });
  });
  it('are not approved and denied at once', () => {
    const { answers } = play([asked(), approve('Approved', 'Denied')]);
    expect(answers[1]?.object.message).toContain(
      'status.conditions: Invalid value: "Denied": Approved and Denied conditions are mutually exclusive',
    );
  });
});

describe('runtime classes', () => {
  const made = create(
    CLASSES,
    { metadata: { name: 'gvisor' }, handler: 'runsc', overhead: { podFixed: { cpu: '250m' } }, scheduling: { nodeSelector: { a: 'b' } } },
    undefined,
  );
  const inClass = (name: string, spec: object = {}): Call => create('pods', pod('p', { spec: { runtimeClassName: name, ...spec } }));
  it('give their pods overhead and a place', () => {
    const { answers } = play([made, 10, inClass('gvisor')]);
    expect(answers[2]?.object.spec).toMatchObject({ overhead: { cpu: '250m' }, nodeSelector: { a: 'b' } });
  });
  it('must be there, and must not be contradicted', () => {
    const messageTo = (call: Call) => play([made, 10, call]).answers[2]?.object.message;
    expect(messageTo(inClass('kata'))).toBe('pods "p" is forbidden: pod rejected: RuntimeClass "kata" not found');
    expect(messageTo(inClass('gvisor', { nodeSelector: { a: 'c' } }))).toContain('conflict: runtimeClass.scheduling.nodeSelector[a] = b');
    expect(messageTo(inClass('', { overhead: { cpu: '1' } }))).toContain(
      'Pod Overhead set without corresponding RuntimeClass defined Overhead',
    );
  });
  it('keep their handler', () => {
    const { answers } = play([made, one('patch', CLASSES, 'gvisor', { patchType: 'merge', body: { handler: 'other' } })]);
    expect(answers[1]?.object.message).toContain('handler: Invalid value: "other": field is immutable');
  });
});

describe('bindings', () => {
  it('bind the pod they name', () => {
    const { answers } = play([create('pods', pod('a')), create('bindings', bindTo('a', 'n1').body as object), at('get', 'pods', 'a')]);
    expect(answers[1]).toMatchObject({ code: 201, object: { status: 'Success' } });
    expect(answers[2]?.object.spec.nodeName).toBe('n1');
  });
  it('are neither read nor kept', () => {
    expect(play([{ verb: 'list', resource: 'bindings', namespace: 'default' }]).answers[0]?.code).toBe(404);
  });
});

describe('component statuses', () => {
  it('are what the server finds on its own machine, and etcd', () => {
    const { answers } = play([
      { verb: 'list', resource: 'componentstatuses' },
      one('get', 'componentstatuses', 'etcd-0'),
      one('get', 'componentstatuses', 'x'),
      one('delete', 'componentstatuses', 'x'),
    ]);
    expect(answers[0]?.object.items.map(({ metadata }: { metadata: { name: string } }) => metadata.name)).toEqual([
      'controller-manager',
      'scheduler',
      'etcd-0',
    ]);
    expect(answers[1]?.object.conditions).toEqual([{ type: 'Healthy', status: 'True', message: 'ok' }]);
    expect(answers.slice(2).map(({ code }) => code)).toEqual([404, 405]);
  });
});

describe('discovery', () => {
  /** kubectl api-resources of Kubernetes v1.34, what the aggregator serves left out; subresources behind. */
  const UPSTREAM = `v1 bindings componentstatuses configmaps endpoints events limitranges namespaces/finalize,status nodes/proxy,status persistentvolumeclaims/status persistentvolumes/status pods/attach,binding,ephemeralcontainers,eviction,exec,log,portforward,proxy,resize,status podtemplates replicationcontrollers/scale,status resourcequotas/status secrets serviceaccounts/token services/proxy,status
admissionregistration.k8s.io/v1 mutatingwebhookconfigurations validatingadmissionpolicies/status validatingadmissionpolicybindings validatingwebhookconfigurations
apiextensions.k8s.io/v1 customresourcedefinitions/status
apps/v1 controllerrevisions daemonsets/status deployments/scale,status replicasets/scale,status statefulsets/scale,status
authentication.k8s.io/v1 selfsubjectreviews tokenreviews
authorization.k8s.io/v1 localsubjectaccessreviews selfsubjectaccessreviews selfsubjectrulesreviews subjectaccessreviews
autoscaling/v1 horizontalpodautoscalers/status
autoscaling/v2 horizontalpodautoscalers/status
batch/v1 cronjobs/status jobs/status
certificates.k8s.io/v1 certificatesigningrequests/approval,status
coordination.k8s.io/v1 leases
discovery.k8s.io/v1 endpointslices
events.k8s.io/v1 events
flowcontrol.apiserver.k8s.io/v1 flowschemas/status prioritylevelconfigurations/status
networking.k8s.io/v1 ingressclasses ingresses/status ipaddresses networkpolicies servicecidrs/status
node.k8s.io/v1 runtimeclasses
policy/v1 poddisruptionbudgets/status
rbac.authorization.k8s.io/v1 clusterrolebindings clusterroles rolebindings roles
resource.k8s.io/v1 deviceclasses resourceclaims/status resourceclaimtemplates resourceslices
scheduling.k8s.io/v1 priorityclasses
storage.k8s.io/v1 csidrivers csinodes csistoragecapacities storageclasses volumeattachments/status volumeattributesclasses`;
  const served = catalogue([])
    .flatMap(({ versions }) => versions)
    .filter(({ groupVersion }) => groupVersion !== 'scheduling.x-k8s.io/v1alpha1')
    .map(({ groupVersion, entries }) =>
      [
        groupVersion,
        ...entries.map(({ plural, subresources }) =>
          subresources.length === 0 ? plural : `${plural}/${subresources.map(({ name }) => name)}`,
        ),
      ].join(' '),
    );
  it('names what Kubernetes v1.34 serves, subresources and all', () => {
    expect(served.toSorted()).toEqual(UPSTREAM.split('\n').toSorted());
  });
});
