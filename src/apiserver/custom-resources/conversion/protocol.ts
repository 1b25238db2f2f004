/** What an API server and a conversion webhook say to each other: ConversionReview (apiextensions.k8s.io/v1), without HTTP. */

import type { KubeObject } from '#api';
import { type Message, messageKind } from '#sim';

export interface ConversionReviewCall extends Message {
  readonly kind: 'ConversionReviewCall';
  readonly id: number;
  readonly path: string;
  readonly request: { readonly uid: string; readonly desiredAPIVersion: string; readonly objects: readonly KubeObject[] };
}

export interface ConversionResponse {
  readonly uid?: string;
  readonly result?: { readonly status?: string; readonly message?: string };
  readonly convertedObjects?: readonly unknown[];
}

export interface ConversionReviewAnswer extends Message {
  readonly kind: 'ConversionReviewAnswer';
  readonly id: number;
  /** HTTP status: anything but 200 is a failed call. */
  readonly code: number;
  readonly response?: ConversionResponse;
  /** The body of a failed call. */
  readonly text?: string;
}

/** A server's own reminder that a conversion has had its time. */
export interface ConversionTimeout extends Message {
  readonly kind: 'ConversionTimeout';
  readonly id: number;
}

messageKind<ConversionReviewCall>({
  kind: 'ConversionReviewCall',
  digest(m, hasher) {
    hasher.int(m.id);
    hasher.string(m.request.uid);
    hasher.string(m.request.desiredAPIVersion);
    hasher.int(m.request.objects.length);
  },
});
messageKind<ConversionReviewAnswer>({
  kind: 'ConversionReviewAnswer',
  digest(m, hasher) {
    hasher.int(m.id);
    hasher.int(m.code);
    hasher.string(JSON.stringify(m.response ?? ''));
  },
});
messageKind<ConversionTimeout>({
  kind: 'ConversionTimeout',
  digest(m, hasher) {
    hasher.int(m.id);
  },
});
