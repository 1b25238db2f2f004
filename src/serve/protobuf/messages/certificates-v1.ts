/** Messages of certificates/v1 as of Kubernetes v1.34: number, name and type of each field. Written by test/interop/protobuf. */

export const CERTIFICATES_V1: Readonly<Record<string, string>> = {
  CertificateSigningRequest:
    '1 metadata meta/v1.ObjectMeta, 2 spec CertificateSigningRequestSpec, 3 status CertificateSigningRequestStatus',
  CertificateSigningRequestCondition:
    '1 type string, 6 status string, 2 reason? string, 3 message? string, 4 lastUpdateTime Time, 5 lastTransitionTime Time',
  CertificateSigningRequestSpec:
    '1 request bytes, 7 signerName string, 8 expirationSeconds? *int32, 5 usages? []string, 2 username? string, 3 uid? string, 4 groups? []string, 6 extra? {}Items',
  CertificateSigningRequestStatus: '1 conditions? []CertificateSigningRequestCondition, 2 certificate? bytes',
};
