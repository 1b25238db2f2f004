/** CertificateSigningRequests: who asks is the server's to say, who approves says so through /approval, and who signs puts the certificate into the
 *  status. Mirrors Kubernetes v1.34 pkg/registry/certificates/certificates and pkg/apis/certificates/validation. What is inside a request is not read:
 *  nothing here knows ASN.1, and no signer runs. */

import { type CertificateSigningRequest, decodeBase64, type FieldError } from '#api';
import { duplicate, type FieldErrors, invalidValue, notSupported, required } from '../validation/field-error.ts';
import type { ResourceDescriptor } from './descriptor.ts';

type Request = CertificateSigningRequest;
type Condition = NonNullable<NonNullable<Request['status']>['conditions']>[number];

const USAGES =
  'any,cert sign,client auth,code signing,content commitment,crl sign,data encipherment,decipher only,digital signature,email protection,encipher only,ipsec end system,ipsec tunnel,ipsec user,key agreement,key encipherment,microsoft sgc,netscape sgc,ocsp signing,s/mime,server auth,signing,timestamping'.split(
    ',',
  );
const SECONDS_MIN = 600;
/** Conditions that /approval alone may write. */
const APPROVALS = ['Approved', 'Denied'];
const HOLD = ['Approved', 'Denied', 'Failed'];

function checkSigner(name: string | undefined, errors: FieldError[]): void {
  const at = 'spec.signerName';
  if (!name) errors.push(required(at));
  else if (name.split('/').length !== 2 || name.startsWith('/') || name.endsWith('/'))
    errors.push(invalidValue(at, name, "must be a fully qualified domain and path of the form 'example.com/signer-name'"));
  else if (!(name.split('/')[0] ?? '').includes('.'))
    errors.push(invalidValue(at, name, 'should be a domain with at least two segments separated by dots'));
}

function checkConditions(status: Request['status'], errors: FieldError[]): void {
  const seen = new Set<string>();
  (status?.conditions ?? []).forEach(({ type, status: holds }, i) => {
    const at = `status.conditions[${i}]`;
    if (!type) errors.push(required(`${at}.type`));
    if (!holds) errors.push(required(`${at}.status`));
    else if (HOLD.includes(type) && holds !== 'True') errors.push(notSupported(`${at}.status`, holds, ['True']));
    else if (!['False', 'True', 'Unknown'].includes(holds)) errors.push(notSupported(`${at}.status`, holds, ['False', 'True', 'Unknown']));
    const other = APPROVALS.find((one) => APPROVALS.includes(type) && one !== type && seen.has(one));
    if (other !== undefined) errors.push(invalidValue('status.conditions', type, 'Approved and Denied conditions are mutually exclusive'));
    if (seen.has(type)) errors.push(duplicate(`${at}.type`, type));
    seen.add(type);
  });
}

function validate({ spec, status }: Request): FieldErrors {
  const errors: FieldError[] = [];
  const { request, signerName, usages = [], expirationSeconds } = spec ?? {};
  if (!request) errors.push(required('spec.request'));
  else if (!decodeBase64(request).includes('-----BEGIN CERTIFICATE REQUEST-----'))
    errors.push(invalidValue('spec.request', request, 'PEM block type must be CERTIFICATE REQUEST'));
  if (usages.length === 0) errors.push(required('spec.usages'));
  usages.forEach((usage, i) => {
    if (!USAGES.includes(usage)) errors.push(notSupported(`spec.usages[${i}]`, usage, USAGES));
    else if (usages.indexOf(usage) < i) errors.push(duplicate(`spec.usages[${i}]`, usage));
  });
  checkSigner(signerName, errors);
  if (expirationSeconds !== undefined && expirationSeconds < SECONDS_MIN)
    errors.push(
      invalidValue('spec.expirationSeconds', expirationSeconds, `may not specify a duration less than ${SECONDS_MIN} seconds (10 minutes)`),
    );
  checkConditions(status, errors);
  return errors;
}

const isApproval = ({ type }: Condition): boolean => APPROVALS.includes(type);

/** Conditions get their times from the server (populateConditionTimestamps). */
function timed(conditions: readonly Condition[], old: readonly Condition[], time: string): Condition[] {
  return conditions.map((condition) => {
    const before = old.find(({ type }) => type === condition.type);
    const lastTransitionTime = before?.status === condition.status ? before.lastTransitionTime : time;
    return {
      ...condition,
      lastUpdateTime: condition.lastUpdateTime ?? time,
      lastTransitionTime: condition.lastTransitionTime ?? lastTransitionTime ?? time,
    };
  });
}

const conditionsOf = ({ status }: Request): readonly Condition[] => status?.conditions ?? [];

export const signingRequests: ResourceDescriptor<Request> = {
  resource: 'certificatesigningrequests.certificates.k8s.io',
  nameRule: () => [],
  hasStatus: true,
  fields: { 'spec.signerName': ({ spec }) => spec?.signerName ?? '' },
  forUser({ spec, ...rest }, { username, uid, groups, extra }) {
    const whose = { username, groups: [...groups], ...(uid === undefined ? {} : { uid }), ...(extra === undefined ? {} : { extra }) };
    const { username: _, groups: __, uid: ___, extra: ____, ...asked } = spec ?? ({} as NonNullable<Request['spec']>);
    return { ...rest, spec: { ...asked, ...whose } } as Request;
  },
  prepareForCreate: (object) => ({ ...object, status: {} }),
  validate,
  // Once asked, a request stays as it is.
  prepareForUpdate: (next, old) => ({ ...next, spec: old.spec }),
  validateUpdate: (next) => validate(next),
  prepareForStatusUpdate(next, old, time) {
    // Approval is not the signer's.
    const kept = conditionsOf(old).filter(isApproval);
    const others = conditionsOf(next).filter((condition) => !isApproval(condition));
    return {
      ...old,
      metadata: next.metadata,
      status: { ...next.status, conditions: timed([...kept, ...others], conditionsOf(old), time) },
    };
  },
  validateStatusUpdate: (next) => validate(next),
  parts: {
    approval: {
      prepare: (next, old, time) => ({
        ...old,
        metadata: next.metadata,
        status: { ...old.status, conditions: timed(conditionsOf(next), conditionsOf(old), time) },
      }),
      validate: (next) => validate(next),
    },
  },
};
