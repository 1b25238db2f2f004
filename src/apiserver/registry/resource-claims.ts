/** ResourceClaims and their templates. Mirrors Kubernetes v1.34 pkg/apis/resource/v1/defaults.go, pkg/registry/resource/resourceclaim/strategy.go,
 *  ValidateResourceClaim(Update) and ValidateResourceClaimTemplate(Update). Fields behind gates that are off by default are kept, and ignored by the scheduler. */

import type { DeviceClaim, DeviceRequest, DeviceSubRequest, ExactDeviceRequest, ResourceClaim, ResourceClaimTemplate } from '#api';
import { validateClaimStatusUpdate, validateDeviceClaim } from '../validation/device-claims.ts';
import { type FieldErrors, forbiddenField } from '../validation/field-error.ts';
import { frozen } from '../validation/internal-form.ts';
import type { ResourceDescriptor } from './descriptor.ts';

type Wanted = ExactDeviceRequest | DeviceSubRequest;

function withCount<T extends Wanted>(wanted: T): T {
  const allocationMode = wanted.allocationMode || 'ExactCount';
  const count = allocationMode === 'ExactCount' && !wanted.count ? 1 : wanted.count;
  return allocationMode === wanted.allocationMode && count === wanted.count ? wanted : { ...wanted, allocationMode, count };
}

function defaultRequest(request: DeviceRequest): DeviceRequest {
  const { exactly, firstAvailable } = request;
  return {
    ...request,
    ...(exactly === undefined ? {} : { exactly: withCount(exactly) }),
    ...(firstAvailable === undefined ? {} : { firstAvailable: firstAvailable.map(withCount) }),
  };
}

const defaultDevices = (devices: DeviceClaim | undefined): DeviceClaim | undefined =>
  devices?.requests === undefined ? devices : { ...devices, requests: devices.requests.map(defaultRequest) };

type ClaimSpec = ResourceClaim['spec'];
const defaultSpec = (spec: ClaimSpec): ClaimSpec =>
  spec?.devices === undefined ? spec : { ...spec, devices: defaultDevices(spec.devices) };

const ADMIN_LABEL = 'resource.kubernetes.io/admin-access';

/** AuthorizedForAdmin: looking at devices in use is for namespaces that are marked for it. Upstream names a template's field like a claim's. */
function forAdministrators(devices: DeviceClaim | undefined, labels: () => Readonly<Record<string, string>> | undefined): FieldErrors {
  const index = (devices?.requests ?? []).findIndex(({ exactly }) => exactly?.adminAccess === true);
  if (index < 0 || labels()?.[ADMIN_LABEL] === 'true') return [];
  const why = `admin access to devices requires the \`${ADMIN_LABEL}: true\` label on the containing namespace`;
  return [forbiddenField(`spec.devices.requests[${index}].adminAccess`, why)];
}

export const resourceClaims: ResourceDescriptor<ResourceClaim> = {
  resource: 'resourceclaims.resource.k8s.io',
  hasStatus: true,
  returnsDeletedObject: true,
  defaults: (claim) => (claim.spec === undefined ? claim : { ...claim, spec: defaultSpec(claim.spec) }),
  prepareForCreate: (claim) => ({ ...claim, status: {} }),
  validate: ({ spec }) => validateDeviceClaim(spec?.devices ?? {}, 'spec.devices', false),
  validateInNamespace: ({ spec }, labels) => forAdministrators(spec?.devices, labels),
  validateUpdate: (next, old) => [
    ...validateDeviceClaim(next.spec?.devices ?? {}, 'spec.devices', true),
    ...frozen('spec', 'ResourceClaimSpec', next.spec, old.spec),
  ],
  validateStatusUpdate: validateClaimStatusUpdate,
};

export const resourceClaimTemplates: ResourceDescriptor<ResourceClaimTemplate> = {
  resource: 'resourceclaimtemplates.resource.k8s.io',
  returnsDeletedObject: true,
  defaults: (template) =>
    template.spec?.spec === undefined ? template : { ...template, spec: { ...template.spec, spec: defaultSpec(template.spec.spec) } },
  validate: ({ spec }) => validateDeviceClaim(spec?.spec?.devices ?? {}, 'spec.spec.devices', false),
  validateInNamespace: ({ spec }, labels) => forAdministrators(spec?.spec?.devices, labels),
  validateUpdate: (next, old) => [
    ...validateDeviceClaim(next.spec?.spec?.devices ?? {}, 'spec.spec.devices', true),
    ...frozen('spec', 'ResourceClaimTemplateSpec', next.spec, old.spec),
  ],
};
