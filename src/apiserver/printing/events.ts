/** Events. Mirrors Kubernetes v1.34 pkg/printers/internalversion/printers.go (printEvent). */

import type { Event } from '#api';
import { since } from './human-duration.ts';
import { nameOf, type Printer, text, WIDE_NAME, wide } from './printer.ts';

export const events: Printer<Event> = {
  columns: [
    text('Last Seen'),
    text('Type'),
    text('Reason'),
    text('Object'),
    wide('Subobject'),
    wide('Source'),
    text('Message'),
    wide('First Seen'),
    wide('Count'),
    WIDE_NAME,
  ],
  cells(event, now) {
    const first = since(event.firstTimestamp ?? event.eventTime, now);
    const last = event.lastTimestamp ? since(event.lastTimestamp, now) : first;
    const { kind = '', name, fieldPath } = event.involvedObject ?? {};
    const component = event.source?.component || event.reportingComponent || '';
    const instance = event.source?.host || event.reportingInstance || '';
    return [
      event.series ? since(event.series.lastObservedTime, now) : last,
      event.type ?? '',
      event.reason ?? '',
      name ? `${kind.toLowerCase()}/${name}` : kind.toLowerCase(),
      fieldPath ?? '',
      instance === '' ? component : `${component}, ${instance}`,
      (event.message ?? '').trim(),
      first,
      event.series ? (event.series.count ?? 0) : event.count || 1,
      nameOf(event),
    ];
  },
};
