/** The resource behind a kind that a CustomResourceDefinition brought, as discovery tells it to a RESTMapper. For controllers that watch the definitions. */

import type { CustomResourceDefinition, KubeObject } from '#api';
import type { View } from '#client';

export const DEFINITIONS = 'customresourcedefinitions.apiextensions.k8s.io';

export const groupOf = (apiVersion: string): string => (apiVersion.includes('/') ? (apiVersion.split('/')[0] as string) : '');

export function customKind(
  apiVersion: string,
  kind: string,
  view: View,
): { readonly resource: string; readonly hasScale: boolean } | undefined {
  for (const { spec } of view.lister<CustomResourceDefinition & KubeObject>(DEFINITIONS).list()) {
    if (spec.group !== groupOf(apiVersion) || spec.names.kind !== kind) continue;
    const version = spec.versions.find(({ name }) => `${spec.group}/${name}` === apiVersion);
    return { resource: `${spec.names.plural}.${spec.group}`, hasScale: version?.subresources?.scale !== undefined };
  }
  return undefined;
}
