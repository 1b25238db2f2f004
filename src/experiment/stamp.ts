/** Writes etcd's revision into an object as it is committed: the one mutation an object ever sees, before anyone has read it. */
export function stampResourceVersion(value: unknown, revision: number): void {
  const metadata = (value as { metadata?: { resourceVersion?: string } } | undefined)?.metadata;
  if (metadata !== undefined) metadata.resourceVersion = String(revision);
}
