/** `csi-` and a hash of the volume, its driver and the node: the one VolumeAttachment there can be for them. Stands for kubernetes v1.34
 *  pkg/volume/csi/csi_attacher.go, getAttachmentName, whose hash is SHA-256. */

const FNV_PRIME = 0x01000193;

export function attachmentName(volumeHandle: string, driver: string, node: string): string {
  const text = `${volumeHandle}${driver}${node}`;
  let name = 'csi-';
  for (let part = 0; part < 4; part++) {
    let hash = (0x811c9dc5 ^ Math.imul(part + 1, 0x9e3779b1)) >>> 0;
    for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), FNV_PRIME) >>> 0;
    name += (hash >>> 0).toString(16).padStart(8, '0');
  }
  return name;
}
