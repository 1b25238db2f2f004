/** Stored objects as another API version shows them (events.k8s.io beside core events, autoscaling/v1 beside v2, the versions of a custom resource):
 *  what comes in is brought into the stored form, what goes out into the version's. Upstream does it in codecs around one storage. */

import type { KubeObject, ListObject, ResourceInfo, WatchEvent } from '#api';
import type { Converter } from '../custom-resources/conversion/converter.ts';

export interface ResourceView {
  /** The version in which objects lie in storage. */
  readonly stored: ResourceInfo;
  /** Set when another program converts: objects are brought into this version before anything looks at them, and back before they are stored. */
  readonly converter?: Converter;
  /** An object as this version shows it; the very same for the same object, so that watchers share it. */
  present(object: KubeObject): KubeObject;
  /** What a client of this version sends, in the stored form. */
  absorb(object: KubeObject): KubeObject;
}

/** Remembers what was made of an object. */
export function remembered(make: (object: KubeObject) => KubeObject): (object: KubeObject) => KubeObject {
  const known = new WeakMap<KubeObject, KubeObject>();
  return (object) => {
    let made = known.get(object);
    if (made === undefined) {
      made = make(object);
      known.set(object, made);
    }
    return made;
  };
}

/** An answer of this version. Whatever is no object of the kind (a Status, a Scale) stays. */
export function presented(view: ResourceView, info: ResourceInfo, answer: unknown): unknown {
  const object = answer as KubeObject | ListObject | undefined;
  if (object?.kind === view.stored.kind) return view.present(object as KubeObject);
  if (object?.kind !== `${view.stored.kind}List`) return answer;
  const list = object as ListObject;
  return { ...list, apiVersion: info.apiVersion, items: list.items.map((item) => view.present(item)) };
}

export const presentedEvents = (view: ResourceView, events: readonly WatchEvent[]): readonly WatchEvent[] =>
  events.map((event) =>
    event.type === 'ERROR' || event.type === 'BOOKMARK' ? event : { type: event.type, object: view.present(event.object) },
  );

/** Objects of an answer that a webhook must bring into this version first; undefined: none. */
export function unconverted(view: ResourceView, answer: unknown): readonly KubeObject[] | undefined {
  const { converter, stored } = view;
  if (converter === undefined) return undefined;
  const object = answer as KubeObject | ListObject | undefined;
  const objects =
    object?.kind === stored.kind ? [object as KubeObject] : object?.kind === `${stored.kind}List` ? (object as ListObject).items : [];
  return objects.some((one) => converter.known(one, stored.apiVersion) === undefined) ? objects : undefined;
}
