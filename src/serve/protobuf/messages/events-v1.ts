/** Messages of events/v1 as of Kubernetes v1.34: number, name and type of each field. Written by test/interop/protobuf. */

export const EVENTS_V1: Readonly<Record<string, string>> = {
  Event:
    '1 metadata meta/v1.ObjectMeta, 2 eventTime MicroTime, 3 series? *EventSeries, 4 reportingController? string, 5 reportingInstance? string, 6 action? string, 7 reason? string, 8 regarding core/v1.ObjectReference, 9 related? *core/v1.ObjectReference, 10 note? string, 11 type? string, 12 deprecatedSource core/v1.EventSource, 13 deprecatedFirstTimestamp Time, 14 deprecatedLastTimestamp Time, 15 deprecatedCount? int32',
  EventSeries: '1 count int32, 2 lastObservedTime MicroTime',
};
