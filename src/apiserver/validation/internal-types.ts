/** Kubernetes' internal types as of v1.34, in the order in which Go writes their members: name, where it comes from when that is not the same name
 *  with a small letter, whether it is left out when empty (?), and type. Written by test/interop/validation. */

export const INTERNAL_TYPES: Readonly<Record<string, string>> = {
  AWSElasticBlockStoreVolumeSource: 'VolumeID string, FSType:fsType string, Partition int, ReadOnly bool',
  Affinity: 'NodeAffinity *NodeAffinity, PodAffinity *PodAffinity, PodAntiAffinity *PodAntiAffinity',
  AppArmorProfile: 'Type string, LocalhostProfile nil',
  AzureDiskVolumeSource: 'DiskName string, DataDiskURI:diskURI string, CachingMode nil, FSType:fsType nil, ReadOnly nil, Kind nil',
  AzureFilePersistentVolumeSource: 'SecretName string, ShareName string, ReadOnly bool, SecretNamespace nil',
  AzureFileVolumeSource: 'SecretName string, ShareName string, ReadOnly bool',
  CELDeviceSelector: 'Expression string',
  CSINodeDriver: 'Name string, NodeID string, TopologyKeys nil, Allocatable *VolumeNodeResources',
  CSIPersistentVolumeSource:
    'Driver string, VolumeHandle string, ReadOnly bool, FSType:fsType string, VolumeAttributes map, ControllerPublishSecretRef *SecretReference, NodeStageSecretRef *SecretReference, NodePublishSecretRef *SecretReference, ControllerExpandSecretRef *SecretReference, NodeExpandSecretRef *SecretReference',
  CSIVolumeSource: 'Driver string, ReadOnly nil, FSType:fsType nil, VolumeAttributes map, NodePublishSecretRef *LocalObjectReference',
  Capabilities: 'Add nil, Drop nil',
  CapacityRequirements: 'Requests amounts',
  CephFSPersistentVolumeSource: 'Monitors nil, Path string, User string, SecretFile string, SecretRef *SecretReference, ReadOnly bool',
  CephFSVolumeSource: 'Monitors nil, Path string, User string, SecretFile string, SecretRef *LocalObjectReference, ReadOnly bool',
  CinderPersistentVolumeSource: 'VolumeID string, FSType:fsType string, ReadOnly bool, SecretRef *SecretReference',
  CinderVolumeSource: 'VolumeID string, FSType:fsType string, ReadOnly bool, SecretRef *LocalObjectReference',
  ClusterTrustBundleProjection: 'Name nil, SignerName nil, LabelSelector *LabelSelector, Optional nil, Path string',
  ConfigMapEnvSource: 'Name string, Optional nil',
  ConfigMapKeySelector: 'Name string, Key string, Optional nil',
  ConfigMapProjection: 'Name string, Items []KeyToPath, Optional nil',
  ConfigMapVolumeSource: 'Name string, Items []KeyToPath, DefaultMode nil, Optional nil',
  Container:
    'Name string, Image string, Command nil, Args nil, WorkingDir string, Ports []ContainerPort, EnvFrom []EnvFromSource, Env []EnvVar, Resources ResourceRequirements, ResizePolicy []ContainerResizePolicy, RestartPolicy nil, RestartPolicyRules []ContainerRestartRule, VolumeMounts []VolumeMount, VolumeDevices []VolumeDevice, LivenessProbe *Probe, ReadinessProbe *Probe, StartupProbe *Probe, Lifecycle *Lifecycle, TerminationMessagePath string, TerminationMessagePolicy string, ImagePullPolicy string, SecurityContext *SecurityContext, Stdin bool, StdinOnce bool, TTY:tty bool',
  ContainerPort: 'Name string, HostPort int, ContainerPort int, Protocol string, HostIP string',
  ContainerResizePolicy: 'ResourceName string, RestartPolicy string',
  ContainerRestartRule: 'Action string, ExitCodes *ContainerRestartRuleOnExitCodes',
  ContainerRestartRuleOnExitCodes: 'Operator string, Values nil',
  DeploymentStrategy: 'Type string, RollingUpdate *RollingUpdateDeployment',
  DeviceClaim: 'Requests []DeviceRequest, Constraints []DeviceConstraint, Config []DeviceClaimConfiguration',
  DeviceClaimConfiguration: 'Requests nil, Opaque *OpaqueDeviceConfiguration',
  DeviceConstraint: 'Requests nil, MatchAttribute nil, DistinctAttribute nil',
  DeviceRequest: 'Name string, Exactly *ExactDeviceRequest, FirstAvailable []DeviceSubRequest',
  DeviceSelector: 'CEL:cel *CELDeviceSelector',
  DeviceSubRequest:
    'Name string, DeviceClassName string, Selectors []DeviceSelector, AllocationMode string, Count int, Tolerations []DeviceToleration, Capacity *CapacityRequirements',
  DeviceToleration: 'Key string, Operator string, Value string, Effect string, TolerationSeconds nil',
  DownwardAPIProjection: 'Items []DownwardAPIVolumeFile',
  DownwardAPIVolumeFile: 'Path string, FieldRef *ObjectFieldSelector, ResourceFieldRef *ResourceFieldSelector, Mode nil',
  DownwardAPIVolumeSource: 'Items []DownwardAPIVolumeFile, DefaultMode nil',
  EmptyDirVolumeSource: 'Medium string, SizeLimit nil',
  EnvFromSource: 'Prefix string, ConfigMapRef *ConfigMapEnvSource, SecretRef *SecretEnvSource',
  EnvVar: 'Name string, Value string, ValueFrom *EnvVarSource',
  EnvVarSource:
    'FieldRef *ObjectFieldSelector, ResourceFieldRef *ResourceFieldSelector, ConfigMapKeyRef *ConfigMapKeySelector, SecretKeyRef *SecretKeySelector, FileKeyRef *FileKeySelector',
  EphemeralContainer:
    'Name string, Image string, Command nil, Args nil, WorkingDir string, Ports []ContainerPort, EnvFrom []EnvFromSource, Env []EnvVar, Resources ResourceRequirements, ResizePolicy []ContainerResizePolicy, RestartPolicy nil, RestartPolicyRules []ContainerRestartRule, VolumeMounts []VolumeMount, VolumeDevices []VolumeDevice, LivenessProbe *Probe, ReadinessProbe *Probe, StartupProbe *Probe, Lifecycle *Lifecycle, TerminationMessagePath string, TerminationMessagePolicy string, ImagePullPolicy string, SecurityContext *SecurityContext, Stdin bool, StdinOnce bool, TTY:tty bool, TargetContainerName string',
  EphemeralVolumeSource: 'VolumeClaimTemplate *PersistentVolumeClaimTemplate',
  ExactDeviceRequest:
    'DeviceClassName string, Selectors []DeviceSelector, AllocationMode string, Count int, AdminAccess nil, Tolerations []DeviceToleration, Capacity *CapacityRequirements',
  ExecAction: 'Command nil',
  FCVolumeSource: 'TargetWWNs nil, Lun nil, FSType:fsType string, ReadOnly bool, WWIDs:wwids nil',
  FileKeySelector: 'VolumeName string, Path string, Key string, Optional nil',
  FlexPersistentVolumeSource: 'Driver string, FSType:fsType string, SecretRef *SecretReference, ReadOnly bool, Options map',
  FlexVolumeSource: 'Driver string, FSType:fsType string, SecretRef *LocalObjectReference, ReadOnly bool, Options map',
  FlockerVolumeSource: 'DatasetName string, DatasetUUID string',
  FlowDistinguisherMethod: 'Type string',
  GCEPersistentDiskVolumeSource: 'PDName:pdName string, FSType:fsType string, Partition int, ReadOnly bool',
  GRPCAction: 'Port int, Service nil',
  GitRepoVolumeSource: 'Repository string, Revision string, Directory string',
  GlusterfsPersistentVolumeSource: 'EndpointsName:endpoints string, Path string, ReadOnly bool, EndpointsNamespace nil',
  GlusterfsVolumeSource: 'EndpointsName:endpoints string, Path string, ReadOnly bool',
  HTTPGetAction: 'Path string, Port int, Host string, Scheme string, HTTPHeaders:httpHeaders []HTTPHeader',
  HTTPHeader: 'Name string, Value string',
  HostAlias: 'IP:ip string, Hostnames nil',
  HostPathVolumeSource: 'Path string, Type nil',
  ISCSIPersistentVolumeSource:
    'TargetPortal string, IQN:iqn string, Lun int, ISCSIInterface:iscsiInterface string, FSType:fsType string, ReadOnly bool, Portals nil, DiscoveryCHAPAuth:chapAuthDiscovery bool, SessionCHAPAuth:chapAuthSession bool, SecretRef *SecretReference, InitiatorName nil',
  ISCSIVolumeSource:
    'TargetPortal string, IQN:iqn string, Lun int, ISCSIInterface:iscsiInterface string, FSType:fsType string, ReadOnly bool, Portals nil, DiscoveryCHAPAuth:chapAuthDiscovery bool, SessionCHAPAuth:chapAuthSession bool, SecretRef *LocalObjectReference, InitiatorName nil',
  ImageVolumeSource: 'Reference string, PullPolicy string',
  IngressClassParametersReference: 'APIGroup:apiGroup nil, Kind string, Name string, Scope nil, Namespace nil',
  KeyToPath: 'Key string, Path string, Mode nil',
  LabelSelector: 'matchLabels? map, matchExpressions? []LabelSelectorRequirement',
  LabelSelectorRequirement: 'key string, operator string, values? nil',
  Lifecycle: 'PostStart *LifecycleHandler, PreStop *LifecycleHandler, StopSignal nil',
  LifecycleHandler: 'Exec *ExecAction, HTTPGet:httpGet *HTTPGetAction, TCPSocket:tcpSocket *TCPSocketAction, Sleep *SleepAction',
  LocalObjectReference: 'Name string',
  LocalVolumeSource: 'Path string, FSType:fsType nil',
  ManagedFieldsEntry:
    'manager? string, operation? string, apiVersion? string, time? nil, fieldsType? string, fieldsV1? nil, subresource? string',
  ModifyVolumeStatus: 'TargetVolumeAttributesClassName string, Status string',
  NFSVolumeSource: 'Server string, Path string, ReadOnly bool',
  NodeAffinity:
    'RequiredDuringSchedulingIgnoredDuringExecution *NodeSelector, PreferredDuringSchedulingIgnoredDuringExecution []PreferredSchedulingTerm',
  NodeSelector: 'NodeSelectorTerms []NodeSelectorTerm',
  NodeSelectorRequirement: 'Key string, Operator string, Values nil',
  NodeSelectorTerm: 'MatchExpressions []NodeSelectorRequirement, MatchFields []NodeSelectorRequirement',
  ObjectFieldSelector: 'APIVersion:apiVersion string, FieldPath string',
  ObjectReference:
    'Kind string, Namespace string, Name string, UID:uid string, APIVersion:apiVersion string, ResourceVersion string, FieldPath string',
  OpaqueDeviceConfiguration: 'Driver string, Parameters nil',
  OwnerReference: 'apiVersion string, kind string, name string, uid string, controller? nil, blockOwnerDeletion? nil',
  PersistentVolumeClaim:
    'kind? string, apiVersion? string, name? string, generateName? string, namespace? string, selfLink? string, uid? string, resourceVersion? string, generation? int, creationTimestamp? nil, deletionTimestamp? nil, deletionGracePeriodSeconds? nil, labels? map, annotations? map, ownerReferences? []OwnerReference, finalizers? nil, managedFields? []ManagedFieldsEntry, Spec PersistentVolumeClaimSpec, Status PersistentVolumeClaimStatus',
  PersistentVolumeClaimCondition: 'Type string, Status string, LastProbeTime nil, LastTransitionTime nil, Reason string, Message string',
  PersistentVolumeClaimSpec:
    'AccessModes nil, Selector *LabelSelector, Resources VolumeResourceRequirements, VolumeName string, StorageClassName nil, VolumeMode nil, DataSource *TypedLocalObjectReference, DataSourceRef *TypedObjectReference, VolumeAttributesClassName nil',
  PersistentVolumeClaimStatus:
    'Phase string, AccessModes nil, Capacity amounts, Conditions []PersistentVolumeClaimCondition, AllocatedResources amounts, AllocatedResourceStatuses map, CurrentVolumeAttributesClassName nil, ModifyVolumeStatus *ModifyVolumeStatus',
  PersistentVolumeClaimTemplate:
    'name? string, generateName? string, namespace? string, selfLink? string, uid? string, resourceVersion? string, generation? int, creationTimestamp? nil, deletionTimestamp? nil, deletionGracePeriodSeconds? nil, labels? map, annotations? map, ownerReferences? []OwnerReference, finalizers? nil, managedFields? []ManagedFieldsEntry, Spec PersistentVolumeClaimSpec',
  PersistentVolumeClaimVolumeSource: 'ClaimName string, ReadOnly bool',
  PersistentVolumeSource:
    'GCEPersistentDisk:gcePersistentDisk *GCEPersistentDiskVolumeSource, AWSElasticBlockStore:awsElasticBlockStore *AWSElasticBlockStoreVolumeSource, HostPath *HostPathVolumeSource, Glusterfs *GlusterfsPersistentVolumeSource, NFS:nfs *NFSVolumeSource, RBD:rbd *RBDPersistentVolumeSource, Quobyte *QuobyteVolumeSource, ISCSI:iscsi *ISCSIPersistentVolumeSource, FlexVolume *FlexPersistentVolumeSource, Cinder *CinderPersistentVolumeSource, CephFS:cephfs *CephFSPersistentVolumeSource, FC:fc *FCVolumeSource, Flocker *FlockerVolumeSource, AzureFile *AzureFilePersistentVolumeSource, VsphereVolume *VsphereVirtualDiskVolumeSource, AzureDisk *AzureDiskVolumeSource, PhotonPersistentDisk *PhotonPersistentDiskVolumeSource, PortworxVolume *PortworxVolumeSource, ScaleIO *ScaleIOPersistentVolumeSource, Local *LocalVolumeSource, StorageOS:storageos *StorageOSPersistentVolumeSource, CSI:csi *CSIPersistentVolumeSource',
  PersistentVolumeSpec:
    'Capacity amounts, GCEPersistentDisk:gcePersistentDisk *GCEPersistentDiskVolumeSource, AWSElasticBlockStore:awsElasticBlockStore *AWSElasticBlockStoreVolumeSource, HostPath *HostPathVolumeSource, Glusterfs *GlusterfsPersistentVolumeSource, NFS:nfs *NFSVolumeSource, RBD:rbd *RBDPersistentVolumeSource, Quobyte *QuobyteVolumeSource, ISCSI:iscsi *ISCSIPersistentVolumeSource, FlexVolume *FlexPersistentVolumeSource, Cinder *CinderPersistentVolumeSource, CephFS:cephfs *CephFSPersistentVolumeSource, FC:fc *FCVolumeSource, Flocker *FlockerVolumeSource, AzureFile *AzureFilePersistentVolumeSource, VsphereVolume *VsphereVirtualDiskVolumeSource, AzureDisk *AzureDiskVolumeSource, PhotonPersistentDisk *PhotonPersistentDiskVolumeSource, PortworxVolume *PortworxVolumeSource, ScaleIO *ScaleIOPersistentVolumeSource, Local *LocalVolumeSource, StorageOS:storageos *StorageOSPersistentVolumeSource, CSI:csi *CSIPersistentVolumeSource, AccessModes nil, ClaimRef *ObjectReference, PersistentVolumeReclaimPolicy string, StorageClassName string, MountOptions nil, VolumeMode nil, NodeAffinity *VolumeNodeAffinity, VolumeAttributesClassName nil',
  PhotonPersistentDiskVolumeSource: 'PdID string, FSType:fsType string',
  PodAffinity:
    'RequiredDuringSchedulingIgnoredDuringExecution []PodAffinityTerm, PreferredDuringSchedulingIgnoredDuringExecution []WeightedPodAffinityTerm',
  PodAffinityTerm:
    'LabelSelector *LabelSelector, Namespaces nil, TopologyKey string, NamespaceSelector *LabelSelector, MatchLabelKeys nil, MismatchLabelKeys nil',
  PodAntiAffinity:
    'RequiredDuringSchedulingIgnoredDuringExecution []PodAffinityTerm, PreferredDuringSchedulingIgnoredDuringExecution []WeightedPodAffinityTerm',
  PodCertificateProjection:
    'SignerName string, KeyType string, MaxExpirationSeconds nil, CredentialBundlePath string, KeyPath string, CertificateChainPath string',
  PodDNSConfig: 'Nameservers nil, Searches nil, Options []PodDNSConfigOption',
  PodDNSConfigOption: 'Name string, Value nil',
  PodFailurePolicy: 'Rules []PodFailurePolicyRule',
  PodFailurePolicyOnExitCodesRequirement: 'ContainerName nil, Operator string, Values nil',
  PodFailurePolicyOnPodConditionsPattern: 'Type string, Status string',
  PodFailurePolicyRule:
    'Action string, OnExitCodes *PodFailurePolicyOnExitCodesRequirement, OnPodConditions []PodFailurePolicyOnPodConditionsPattern',
  PodOS: 'Name string',
  PodReadinessGate: 'ConditionType string',
  PodResourceClaim: 'Name string, ResourceClaimName nil, ResourceClaimTemplateName nil',
  PodSchedulingGate: 'Name string',
  PodSecurityContext:
    'HostNetwork bool, HostPID bool, HostIPC bool, ShareProcessNamespace nil, HostUsers nil, SELinuxOptions:seLinuxOptions *SELinuxOptions, WindowsOptions *WindowsSecurityContextOptions, RunAsUser nil, RunAsGroup nil, RunAsNonRoot nil, SupplementalGroups nil, SupplementalGroupsPolicy nil, FSGroup:fsGroup nil, FSGroupChangePolicy:fsGroupChangePolicy nil, Sysctls []Sysctl, SeccompProfile *SeccompProfile, AppArmorProfile *AppArmorProfile, SELinuxChangePolicy:seLinuxChangePolicy nil',
  PodSpec:
    'Volumes []Volume, InitContainers []Container, Containers []Container, EphemeralContainers []EphemeralContainer, RestartPolicy string, TerminationGracePeriodSeconds nil, ActiveDeadlineSeconds nil, DNSPolicy:dnsPolicy string, NodeSelector map, ServiceAccountName string, AutomountServiceAccountToken nil, NodeName string, SecurityContext *PodSecurityContext, ImagePullSecrets []LocalObjectReference, Hostname string, Subdomain string, SetHostnameAsFQDN nil, Affinity *Affinity, SchedulerName string, Tolerations []Toleration, HostAliases []HostAlias, PriorityClassName string, Priority nil, PreemptionPolicy nil, DNSConfig:dnsConfig *PodDNSConfig, ReadinessGates []PodReadinessGate, RuntimeClassName nil, Overhead amounts, EnableServiceLinks nil, TopologySpreadConstraints []TopologySpreadConstraint, OS:os *PodOS, SchedulingGates []PodSchedulingGate, ResourceClaims []PodResourceClaim, Resources *ResourceRequirements, HostnameOverride nil',
  PodTemplateSpec:
    'name? string, generateName? string, namespace? string, selfLink? string, uid? string, resourceVersion? string, generation? int, creationTimestamp? nil, deletionTimestamp? nil, deletionGracePeriodSeconds? nil, labels? map, annotations? map, ownerReferences? []OwnerReference, finalizers? nil, managedFields? []ManagedFieldsEntry, Spec PodSpec',
  PortworxVolumeSource: 'VolumeID string, FSType:fsType string, ReadOnly bool',
  PreferredSchedulingTerm: 'Weight int, Preference NodeSelectorTerm',
  Probe:
    'Exec *ExecAction, HTTPGet:httpGet *HTTPGetAction, TCPSocket:tcpSocket *TCPSocketAction, GRPC:grpc *GRPCAction, InitialDelaySeconds int, TimeoutSeconds int, PeriodSeconds int, SuccessThreshold int, FailureThreshold int, TerminationGracePeriodSeconds nil',
  ProjectedVolumeSource: 'Sources []VolumeProjection, DefaultMode nil',
  QuobyteVolumeSource: 'Registry string, Volume string, ReadOnly bool, User string, Group string, Tenant string',
  RBDPersistentVolumeSource:
    'CephMonitors:monitors nil, RBDImage:image string, FSType:fsType string, RBDPool:pool string, RadosUser:user string, Keyring string, SecretRef *SecretReference, ReadOnly bool',
  RBDVolumeSource:
    'CephMonitors:monitors nil, RBDImage:image string, FSType:fsType string, RBDPool:pool string, RadosUser:user string, Keyring string, SecretRef *LocalObjectReference, ReadOnly bool',
  ResourceClaim: 'Name string, Request string',
  ResourceClaimSpec: 'Devices DeviceClaim',
  ResourceClaimTemplateSpec:
    'name? string, generateName? string, namespace? string, selfLink? string, uid? string, resourceVersion? string, generation? int, creationTimestamp? nil, deletionTimestamp? nil, deletionGracePeriodSeconds? nil, labels? map, annotations? map, ownerReferences? []OwnerReference, finalizers? nil, managedFields? []ManagedFieldsEntry, Spec ResourceClaimSpec',
  ResourceFieldSelector: 'ContainerName string, Resource string, Divisor Quantity',
  ResourceRequirements: 'Limits amounts, Requests amounts, Claims []ResourceClaim',
  RoleRef: 'APIGroup:apiGroup string, Kind string, Name string',
  RollingUpdateDeployment: 'MaxUnavailable int, MaxSurge int',
  RollingUpdateStatefulSetStrategy: 'Partition int, MaxUnavailable nil',
  SELinuxOptions: 'User string, Role string, Type string, Level string',
  ScaleIOPersistentVolumeSource:
    'Gateway string, System string, SecretRef *SecretReference, SSLEnabled:sslEnabled bool, ProtectionDomain string, StoragePool string, StorageMode string, VolumeName string, FSType:fsType string, ReadOnly bool',
  ScaleIOVolumeSource:
    'Gateway string, System string, SecretRef *LocalObjectReference, SSLEnabled:sslEnabled bool, ProtectionDomain string, StoragePool string, StorageMode string, VolumeName string, FSType:fsType string, ReadOnly bool',
  SeccompProfile: 'Type string, LocalhostProfile nil',
  SecretEnvSource: 'Name string, Optional nil',
  SecretKeySelector: 'Name string, Key string, Optional nil',
  SecretProjection: 'Name string, Items []KeyToPath, Optional nil',
  SecretReference: 'Name string, Namespace string',
  SecretVolumeSource: 'SecretName string, Items []KeyToPath, DefaultMode nil, Optional nil',
  SecurityContext:
    'Capabilities *Capabilities, Privileged nil, SELinuxOptions:seLinuxOptions *SELinuxOptions, WindowsOptions *WindowsSecurityContextOptions, RunAsUser nil, RunAsGroup nil, RunAsNonRoot nil, ReadOnlyRootFilesystem nil, AllowPrivilegeEscalation nil, ProcMount nil, SeccompProfile *SeccompProfile, AppArmorProfile *AppArmorProfile',
  ServiceAccountTokenProjection: 'Audience string, ExpirationSeconds int, Path string',
  SleepAction: 'Seconds int',
  StatefulSetOrdinals: 'Start int',
  StatefulSetPersistentVolumeClaimRetentionPolicy: 'WhenDeleted string, WhenScaled string',
  StatefulSetSpec:
    'Replicas int, Selector *LabelSelector, Template PodTemplateSpec, VolumeClaimTemplates []PersistentVolumeClaim, ServiceName string, PodManagementPolicy string, UpdateStrategy StatefulSetUpdateStrategy, RevisionHistoryLimit nil, MinReadySeconds int, PersistentVolumeClaimRetentionPolicy *StatefulSetPersistentVolumeClaimRetentionPolicy, Ordinals *StatefulSetOrdinals',
  StatefulSetUpdateStrategy: 'Type string, RollingUpdate *RollingUpdateStatefulSetStrategy',
  StorageOSPersistentVolumeSource:
    'VolumeName string, VolumeNamespace string, FSType:fsType string, ReadOnly bool, SecretRef *ObjectReference',
  StorageOSVolumeSource: 'VolumeName string, VolumeNamespace string, FSType:fsType string, ReadOnly bool, SecretRef *LocalObjectReference',
  SuccessPolicy: 'Rules []SuccessPolicyRule',
  SuccessPolicyRule: 'SucceededIndexes nil, SucceededCount nil',
  Sysctl: 'Name string, Value string',
  TCPSocketAction: 'Port int, Host string',
  Toleration: 'Key string, Operator string, Value string, Effect string, TolerationSeconds nil',
  TopologySpreadConstraint:
    'MaxSkew int, TopologyKey string, WhenUnsatisfiable string, LabelSelector *LabelSelector, MinDomains nil, NodeAffinityPolicy nil, NodeTaintsPolicy nil, MatchLabelKeys nil',
  TypedLocalObjectReference: 'APIGroup:apiGroup nil, Kind string, Name string',
  TypedObjectReference: 'APIGroup:apiGroup nil, Kind string, Name string, Namespace nil',
  Volume:
    'Name string, HostPath *HostPathVolumeSource, EmptyDir *EmptyDirVolumeSource, GCEPersistentDisk:gcePersistentDisk *GCEPersistentDiskVolumeSource, AWSElasticBlockStore:awsElasticBlockStore *AWSElasticBlockStoreVolumeSource, GitRepo *GitRepoVolumeSource, Secret *SecretVolumeSource, NFS:nfs *NFSVolumeSource, ISCSI:iscsi *ISCSIVolumeSource, Glusterfs *GlusterfsVolumeSource, PersistentVolumeClaim *PersistentVolumeClaimVolumeSource, RBD:rbd *RBDVolumeSource, Quobyte *QuobyteVolumeSource, FlexVolume *FlexVolumeSource, Cinder *CinderVolumeSource, CephFS:cephfs *CephFSVolumeSource, Flocker *FlockerVolumeSource, DownwardAPI *DownwardAPIVolumeSource, FC:fc *FCVolumeSource, AzureFile *AzureFileVolumeSource, ConfigMap *ConfigMapVolumeSource, VsphereVolume *VsphereVirtualDiskVolumeSource, AzureDisk *AzureDiskVolumeSource, PhotonPersistentDisk *PhotonPersistentDiskVolumeSource, Projected *ProjectedVolumeSource, PortworxVolume *PortworxVolumeSource, ScaleIO *ScaleIOVolumeSource, StorageOS:storageos *StorageOSVolumeSource, CSI:csi *CSIVolumeSource, Ephemeral *EphemeralVolumeSource, Image *ImageVolumeSource',
  VolumeAttachmentSource: 'PersistentVolumeName nil, InlineVolumeSpec *PersistentVolumeSpec',
  VolumeAttachmentSpec: 'Attacher string, Source VolumeAttachmentSource, NodeName string',
  VolumeDevice: 'Name string, DevicePath string',
  VolumeMount:
    'Name string, ReadOnly bool, RecursiveReadOnly nil, MountPath string, SubPath string, MountPropagation nil, SubPathExpr string',
  VolumeNodeAffinity: 'Required *NodeSelector',
  VolumeNodeResources: 'Count nil',
  VolumeProjection:
    'Secret *SecretProjection, DownwardAPI *DownwardAPIProjection, ConfigMap *ConfigMapProjection, ServiceAccountToken *ServiceAccountTokenProjection, ClusterTrustBundle *ClusterTrustBundleProjection, PodCertificate *PodCertificateProjection',
  VolumeResourceRequirements: 'Limits amounts, Requests amounts',
  VsphereVirtualDiskVolumeSource: 'VolumePath string, FSType:fsType string, StoragePolicyName string, StoragePolicyID string',
  WeightedPodAffinityTerm: 'Weight int, PodAffinityTerm PodAffinityTerm',
  WindowsSecurityContextOptions:
    'GMSACredentialSpecName:gmsaCredentialSpecName nil, GMSACredentialSpec:gmsaCredentialSpec nil, RunAsUserName nil, HostProcess nil',
};
