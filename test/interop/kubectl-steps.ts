/** What a user does with kubectl in an afternoon, one step after the other on one cluster, and what must be seen. Nothing in the answers is ours:
 *  the texts are kubectl's and Kubernetes'. */

import { BUDGET, SERVICE_APPLIED, SERVICE_CONFLICT, STRICT, WEB, WEB_CHANGED } from './kubectl-manifests.ts';

export interface Step {
  /** Arguments, as typed. `$NODE` is the first node's name, `$POD` a running pod's of the Deployment web, `$WEB_NODE` that pod's node, `$DRAINED` the node last drained. */
  readonly run: readonly string[];
  readonly stdin?: string;
  /** Each must be in what it prints (both streams). */
  readonly prints: readonly (string | RegExp)[];
  readonly printsNot?: readonly (string | RegExp)[];
  /** Exit code; default 0. */
  readonly code?: number;
  /** Tried again until it is so, for as many seconds. */
  readonly within?: number;
  /** It does not end by itself: ended as soon as everything was printed. */
  readonly endless?: true;
  /** Run beside it, after its first line. */
  readonly meanwhile?: readonly string[];
  /** The editor that `kubectl edit` opens. */
  readonly editor?: string;
}

const step = (run: string, prints: Step['prints'], more: Omit<Step, 'run' | 'prints'> = {}): Step => ({
  run: run.split(' '),
  prints,
  ...more,
});
const QUOTED = 'jsonpath={.spec.replicas}';

const looking: readonly Step[] = [
  step('version', ['Client Version', /Server Version: v1\.34/]),
  step('cluster-info', ['Kubernetes control plane', 'is running at']),
  step('get --raw /readyz', ['ok']),
  step('api-resources', [/^deployments +deploy +apps\/v1 +true +Deployment$/m, /^nodes +no +v1 +false +Node$/m, 'poddisruptionbudgets']),
  step('api-resources --verbs=list --namespaced -o name', ['pods', 'deployments.apps'], { printsNot: [/^nodes$/m] }),
  step('api-versions', ['apps/v1', 'events.k8s.io/v1', 'coordination.k8s.io/v1']),
  step('explain deployment.spec.strategy', ['GROUP:', 'apps', 'FIELDS:', 'rollingUpdate']),
  step('explain pods --recursive', ['KIND:', 'initContainers']),
  step('get nodes', [/NAME +STATUS +ROLES +AGE +VERSION/, 'Ready'], { within: 60, printsNot: ['NotReady'] }),
  step('get nodes -o wide', ['INTERNAL-IP', 'OS-IMAGE', 'CONTAINER-RUNTIME']),
  step('get ns', ['default', 'kube-system', 'Active']),
  step('get pods', ['No resources found in default namespace.']),
  step('get nosuchthing', ['the server doesn\'t have a resource type "nosuchthing"'], { code: 1 }),
  step('get pod missing', ['Error from server (NotFound): pods "missing" not found'], { code: 1 }),
  step('auth can-i create deployments', ['yes']),
  step('auth can-i create deployments --as nobody', ['no'], { code: 1 }),
  step('auth whoami', ['Username']),
];

const writing: readonly Step[] = [
  step('diff -f -', ['+kind: Deployment', '+  replicas: 3'], { stdin: WEB, code: 1 }),
  step('apply -f -', ['deployment.apps/web created'], { stdin: WEB }),
  step('apply -f -', ['deployment.apps/web unchanged'], { stdin: WEB }),
  step('apply -f - --dry-run=server', ['deployment.apps/web configured (server dry run)'], { stdin: WEB_CHANGED }),
  step('diff -f -', ['-  replicas: 3', '+  replicas: 4'], { stdin: WEB_CHANGED, code: 1 }),
  step('rollout status deployment/web --timeout=120s', ['deployment "web" successfully rolled out']),
  step('wait --for=condition=Available deployment/web --timeout=60s', ['deployment.apps/web condition met']),
  step('wait --for=jsonpath={.status.readyReplicas}=3 deployment/web --timeout=60s', ['deployment.apps/web condition met']),
  step('create -f -', ['unknown field "dta"'], { stdin: STRICT, code: 1 }),
  step('apply --server-side -f -', ['service/web serverside-applied'], { stdin: SERVICE_APPLIED }),
  step('apply --server-side --field-manager=other -f -', ['conflict with "kubectl"', '.spec.ports'], { stdin: SERVICE_CONFLICT, code: 1 }),
  step('apply --server-side --field-manager=other --force-conflicts -f -', ['service/web serverside-applied'], { stdin: SERVICE_CONFLICT }),
  step('get service web --show-managed-fields -o yaml', ['manager: other', 'operation: Apply', 'targetPort: 8080']),
  // Their bodies are protobuf, whatever the server would like.
  step('create namespace lab', ['namespace/lab created']),
  step('create deployment made --image=nginx --replicas=2', ['deployment.apps/made created']),
  step('create configmap settings --from-literal=color=blue -n lab', ['configmap/settings created']),
  step('create secret generic keys --from-literal=a=b -n lab', ['secret/keys created']),
  step('create serviceaccount robot -n lab', ['serviceaccount/robot created']),
  step('create quota small --hard=pods=5 -n lab', ['resourcequota/small created']),
  step('create service clusterip front --tcp=80:80 -n lab', ['service/front created']),
  step('create job once --image=busybox -n lab', ['job.batch/once created']),
  { run: ['create', 'cronjob', 'often', '--image=busybox', '--schedule=0/5 * * * *'], prints: ['cronjob.batch/often created'] },
  step('create pdb made --selector=app=made --min-available=1', ['poddisruptionbudget.policy/made created']),
  step('create priorityclass high --value=1000', ['priorityclass.scheduling.k8s.io/high created']),
  step('create role reader --verb=get --resource=pods -n lab', ['role.rbac.authorization.k8s.io/reader created']),
  step('create rolebinding reader --role=reader --serviceaccount=lab:robot -n lab', [
    'rolebinding.rbac.authorization.k8s.io/reader created',
  ]),
  step('create ingress gate --rule=example.com/*=web:80', ['ingress.networking.k8s.io/gate created']),
  step('create namespace lab', ['Error from server (AlreadyExists): namespaces "lab" already exists'], { code: 1 }),
  step('get configmap settings -n lab -o jsonpath={.data.color}', ['blue']),
  step('autoscale deployment made --min=1 --max=3 --cpu-percent=50', ['horizontalpodautoscaler.autoscaling/made autoscaled']),
  step('run alone --image=nginx', ['pod/alone created']),
  step('expose deployment made --port=80', ['service/made exposed']),
];

const reading: readonly Step[] = [
  step('wait --for=condition=Ready pod/alone --timeout=120s', ['pod/alone condition met']),
  step('get pods', [/NAME +READY +STATUS +RESTARTS +AGE/, /web-\S+ +1\/1 +Running +0 /]),
  step('get pods -o wide', ['NOMINATED NODE', 'READINESS GATES', /10\.\d+\.\d+\.\d+/]),
  step('get pods -A', [/^NAMESPACE +NAME/m, /^default +web-/m]),
  step('get all', ['pod/web-', 'deployment.apps/web', 'replicaset.apps/web-', 'service/web']),
  step('get deployment web -o json', ['"kind": "Deployment"', '"replicas": 3', 'kubectl.kubernetes.io/last-applied-configuration']),
  step('get deployment web -o yaml', ['kind: Deployment', 'replicas: 3']),
  step('get pods -l app=web -o name', [/pod\/web-/]),
  step('get pods --field-selector=status.phase=Running -o name', [/pod\/web-/]),
  step('get pods --sort-by=.metadata.name', [/alone[\s\S]*web-/]),
  step('get pods -o custom-columns=N:.metadata.name,NODE:.spec.nodeName', [/^N +NODE$/m]),
  step('get pods --chunk-size=2', [/web-/, /alone/]),
  step('get pods -w', [/^late /m, /^late .*Running/m], { endless: true, meanwhile: ['run', 'late', '--image=nginx'] }),
  step('get deployments -A -w --output-watch-events', ['ADDED', /MODIFIED +default +made/], {
    endless: true,
    meanwhile: ['scale', 'deployment/made', '--replicas=3'],
  }),
  step('describe pod $POD', ['Name:', 'Controlled By:  ReplicaSet/web-', /Events:[\s\S]*Scheduled +\S+ +default-scheduler/, 'Started']),
  step('describe deployment web', ['StrategyType:', 'RollingUpdate', 'NewReplicaSet:', 'ScalingReplicaSet']),
  step('describe node $NODE', ['Allocatable:', 'Non-terminated Pods:', 'Allocated resources:', 'Conditions:', 'Lease:']),
  step('describe service web', ['Selector:', 'app=web', 'Endpoints:']),
  step('logs $POD', []),
  step('logs deployment/web --tail=2', []),
  step(
    'top nodes',
    [/NAME +CPU\(cores\) +CPU\(%\) +MEMORY\(bytes\) +MEMORY\(%\)|NAME +CPU\(cores\) +CPU% +MEMORY\(bytes\) +MEMORY%/, /\dMi/],
    { within: 90 },
  ),
  step('top pods', [/NAME +CPU\(cores\) +MEMORY\(bytes\)/, 'web-'], { within: 90 }),
  step('events', [/LAST SEEN +TYPE +REASON +OBJECT +MESSAGE/, 'Scheduled']),
  step('get events --field-selector=reason=Scheduled', ['Successfully assigned default/']),
];

const changing: readonly Step[] = [
  step('scale deployment/web --replicas=5', ['deployment.apps/web scaled']),
  step('scale deployment/web --current-replicas=5 --replicas=6', ['deployment.apps/web scaled']),
  step(`get deployment web -o ${QUOTED}`, ['6']),
  step('set image deployment/web web=nginx:1.29', ['deployment.apps/web image updated']),
  step('rollout status deployment/web --timeout=120s', ['successfully rolled out']),
  step('rollout history deployment/web', ['REVISION', /^1 /m, /^2 /m]),
  step('rollout history deployment/web --revision=2', ['nginx:1.29']),
  step('rollout undo deployment/web', ['deployment.apps/web rolled back']),
  step('rollout status deployment/web --timeout=120s', ['successfully rolled out']),
  step('get deployment web -o jsonpath={.spec.template.spec.containers[0].image}', ['nginx:1.28']),
  step('rollout restart deployment/web', ['deployment.apps/web restarted']),
  step('rollout status deployment/web --timeout=120s', ['successfully rolled out']),
  step('rollout pause deployment/web', ['deployment.apps/web paused']),
  step('rollout resume deployment/web', ['deployment.apps/web resumed']),
  step('label pod alone tier=front', ['pod/alone labeled']),
  step('label pod alone tier=back', ["'tier' already has a value (front), and --overwrite is false"], { code: 1 }),
  step('label pod alone tier-', ['pod/alone unlabeled']),
  step('annotate deployment web note=kept', ['deployment.apps/web annotated']),
  step('patch deployment web -p {"spec":{"replicas":4}}', ['deployment.apps/web patched']),
  step('patch deployment web --type=merge -p {"metadata":{"labels":{"by":"merge"}}}', ['deployment.apps/web patched']),
  step('patch deployment web --type=json -p [{"op":"replace","path":"/spec/replicas","value":3}]', ['deployment.apps/web patched']),
  step('patch deployment web --subresource=scale --type=merge -p {"spec":{"replicas":4}}', ['patched']),
  step('edit deployment web', ['deployment.apps/web edited'], { editor: "sed -i 's/replicas: 4/replicas: 3/'" }),
  step('edit deployment web', ['Edit cancelled, no changes made.'], { editor: 'true' }),
  step('patch deployment web -p {"spec":{"replicas":-1}}', ['is invalid: spec.replicas', 'must be greater than or equal to 0'], {
    code: 1,
  }),
  step('set resources deployment/made --requests=cpu=50m', ['deployment.apps/made resource requirements updated']),
  step('set env deployment/made COLOR=red', ['deployment.apps/made env updated']),
  step('replace -f -', ['deployment.apps/web replaced'], { stdin: WEB }),
];

const nodes: readonly Step[] = [
  step('taint node $NODE key=value:NoSchedule', ['node/$NODE tainted']),
  step('taint node $NODE key:NoSchedule-', ['node/$NODE untainted']),
  step('cordon $NODE', ['node/$NODE cordoned']),
  step('get node $NODE', ['Ready,SchedulingDisabled']),
  step('uncordon $NODE', ['node/$NODE uncordoned']),
  step('rollout status deployment/web --timeout=120s', ['successfully rolled out']),
  step('apply -f -', ['poddisruptionbudget.policy/web created'], { stdin: BUDGET }),
  step('get pdb web', [/NAME +MIN AVAILABLE +MAX UNAVAILABLE +ALLOWED DISRUPTIONS/, /web +N\/A +1 +1 /], { within: 30 }),
  step('drain $WEB_NODE --force --ignore-daemonsets --delete-emptydir-data --timeout=180s', [
    'evicting pod default/web-',
    'node/$WEB_NODE drained',
  ]),
  step('uncordon $DRAINED', ['node/$DRAINED uncordoned']),
  step('rollout status deployment/web --timeout=120s', ['successfully rolled out']),
];

const deleting: readonly Step[] = [
  step('delete pod $POD', ['pod "$POD" deleted']),
  step('delete pod alone late --force --grace-period=0 --ignore-not-found', []),
  step('delete deployment web --cascade=orphan', ['deployment.apps "web" deleted']),
  step('get rs -l app=web -o name', ['replicaset.apps/web-']),
  step('delete rs -l app=web', ['deleted']),
  step('delete namespace lab --timeout=120s', ['namespace "lab" deleted']),
  step('get configmap settings -n lab', ['NotFound'], { code: 1 }),
  step('delete all --all --timeout=120s', ['deployment.apps "made" deleted']),
];

export const STEPS: readonly Step[] = [...looking, ...writing, ...reading, ...changing, ...nodes, ...deleting];
