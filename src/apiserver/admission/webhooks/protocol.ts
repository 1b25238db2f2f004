/** What an API server and a webhook say to each other: AdmissionReview (admission.k8s.io/v1), without HTTP. */

import type { KubeObject } from '#api';
import { type Message, messageKind } from '#sim';
import type { AdmissionVerb } from '../attributes.ts';

export interface AdmissionReviewRequest {
  readonly uid: string;
  readonly kind: { readonly group: string; readonly version: string; readonly kind: string };
  readonly resource: { readonly group: string; readonly version: string; readonly resource: string };
  readonly subResource?: string;
  readonly name?: string;
  readonly namespace?: string;
  readonly operation: AdmissionVerb;
  readonly userInfo: { readonly username: string; readonly groups: readonly string[] };
  readonly object: KubeObject | null;
  readonly oldObject: KubeObject | null;
  readonly dryRun: boolean;
}

export interface AdmissionReviewCall extends Message {
  readonly kind: 'AdmissionReviewCall';
  readonly id: number;
  readonly webhook: string;
  readonly path: string;
  readonly request: AdmissionReviewRequest;
}

export interface AdmissionReviewAnswer extends Message {
  readonly kind: 'AdmissionReviewAnswer';
  readonly id: number;
  /** HTTP status: anything but 200 is a failure of the webhook, not a decision. */
  readonly code: number;
  readonly allowed: boolean;
  readonly status?: { readonly code?: number; readonly message?: string; readonly reason?: string };
  /** JSON patch. */
  readonly patch?: readonly object[];
}

messageKind<AdmissionReviewCall>({
  kind: 'AdmissionReviewCall',
  digest(m, hasher) {
    hasher.int(m.id);
    hasher.string(m.webhook);
    hasher.string(m.request.uid);
    hasher.string(m.request.operation);
  },
});
messageKind<AdmissionReviewAnswer>({
  kind: 'AdmissionReviewAnswer',
  digest(m, hasher) {
    hasher.int(m.id);
    hasher.int(m.code);
    hasher.int(m.allowed ? 1 : 0);
    hasher.string(m.patch === undefined ? '' : JSON.stringify(m.patch));
  },
});

/** A server's own reminder that a webhook has had its time. */
export interface WebhookTimeout extends Message {
  readonly kind: 'WebhookTimeout';
  readonly id: number;
}
messageKind<WebhookTimeout>({
  kind: 'WebhookTimeout',
  digest(m, hasher) {
    hasher.int(m.id);
  },
});
