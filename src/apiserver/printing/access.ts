/** FlowSchemas, PriorityLevelConfigurations, CertificateSigningRequests, RuntimeClasses and ComponentStatuses.
 *  Mirrors Kubernetes v1.34 pkg/printers/internalversion/printers.go. */

import type { CertificateSigningRequest, FlowSchema, KubeObject, PriorityLevelConfiguration, RuntimeClass } from '#api';
import { humanDuration } from './human-duration.ts';
import { NONE } from './label-text.ts';
import { AGE, ageOf, type Cell, NAME, nameOf, type Printer, text } from './printer.ts';

export const flowSchemas: Printer<FlowSchema> = {
  columns: [NAME, text('PriorityLevel'), text('MatchingPrecedence'), text('DistinguisherMethod'), AGE, text('MissingPL')],
  cells: (object, now) => [
    nameOf(object),
    object.spec?.priorityLevelConfiguration.name ?? '',
    object.spec?.matchingPrecedence ?? 0,
    object.spec?.distinguisherMethod?.type ?? NONE,
    ageOf(object, now),
    object.status?.conditions?.find(({ type }) => type === 'Dangling')?.status ?? '?',
  ],
};

export const priorityLevels: Printer<PriorityLevelConfiguration> = {
  columns: [NAME, text('Type'), text('NominalConcurrencyShares'), text('Queues'), text('HandSize'), text('QueueLengthLimit'), AGE],
  cells(object, now) {
    const { type, limited } = object.spec ?? { type: '' };
    const queuing = limited?.limitResponse?.queuing;
    const shown = (value: number | undefined): Cell => value ?? NONE;
    return [
      nameOf(object),
      type,
      shown(limited?.nominalConcurrencyShares),
      shown(queuing?.queues),
      shown(queuing?.handSize),
      shown(queuing?.queueLengthLimit),
      ageOf(object, now),
    ];
  },
};

/** extractCSRStatus. */
function stateOf({ status }: CertificateSigningRequest): string {
  const has = (wanted: string): boolean => (status?.conditions ?? []).some(({ type }) => type === wanted);
  let state = has('Denied') ? 'Denied' : has('Approved') ? 'Approved' : 'Pending';
  if (has('Failed')) state += ',Failed';
  return status?.certificate ? `${state},Issued` : state;
}

export const signingRequests: Printer<CertificateSigningRequest> = {
  columns: [NAME, AGE, text('SignerName'), text('Requestor'), text('RequestedDuration'), text('Condition')],
  cells: (object, now) => [
    nameOf(object),
    ageOf(object, now),
    object.spec?.signerName || NONE,
    object.spec?.username ?? '',
    object.spec?.expirationSeconds === undefined ? NONE : humanDuration(object.spec.expirationSeconds * 1_000_000),
    stateOf(object),
  ],
};

export const runtimeClasses: Printer<RuntimeClass> = {
  columns: [NAME, text('Handler'), AGE],
  cells: (object, now) => [nameOf(object), object.handler ?? '', ageOf(object, now)],
};

interface ComponentStatus extends KubeObject {
  readonly conditions?: readonly { readonly type?: string; readonly status?: string; readonly message?: string; readonly error?: string }[];
}
export const componentStatuses: Printer<ComponentStatus> = {
  columns: [NAME, text('Status'), text('Message'), text('Error')],
  cells(object) {
    const healthy = object.conditions?.find(({ type }) => type === 'Healthy');
    const state = healthy === undefined ? 'Unknown' : healthy.status === 'True' ? 'Healthy' : 'Unhealthy';
    return [nameOf(object), state, healthy?.message ?? '', healthy?.error ?? ''];
  },
};
