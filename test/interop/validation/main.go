// Command validation answers what Kubernetes v1.34.3 itself makes of objects. It reads one question a line,
//
//	{"op": "create", "resource": "pods", "object": {...}}      the stored form, or the status object of the refusal
//	{"op": "update", "resource": "pods", "object": ..., "old": ...}
//	{"op": "smp", "old": {...}, "patch": {...}}                a strategic merge patch applied
//	{"op": "table", "object": {...}}                           what kubectl get prints
//	{"op": "services", "steps": [{"verb": "create", "name": ..., "body": ...}, ...]}  requests about services, one after the other
//
// and writes one answer a line. Admission and feature gates other than the defaults are not part of it, and allocation of addresses and ports is of
// "services" alone.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"reflect"

	apiextensionsinstall "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/install"
	"k8s.io/apiextensions-apiserver/pkg/registry/customresourcedefinition"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/strategicpatch"
	genericapirequest "k8s.io/apiserver/pkg/endpoints/request"
	"k8s.io/apiserver/pkg/registry/rest"
	utilfeature "k8s.io/apiserver/pkg/util/feature"
	"k8s.io/kubernetes/pkg/api/legacyscheme"
	_ "k8s.io/kubernetes/pkg/features"
	"k8s.io/kubernetes/pkg/printers"
	printersinternal "k8s.io/kubernetes/pkg/printers/internalversion"
	"k8s.io/kubernetes/pkg/registry/admissionregistration/mutatingwebhookconfiguration"
	"k8s.io/kubernetes/pkg/registry/admissionregistration/validatingwebhookconfiguration"
	"k8s.io/kubernetes/pkg/registry/apps/controllerrevision"
	"k8s.io/kubernetes/pkg/registry/apps/daemonset"
	"k8s.io/kubernetes/pkg/registry/apps/deployment"
	"k8s.io/kubernetes/pkg/registry/apps/replicaset"
	"k8s.io/kubernetes/pkg/registry/apps/statefulset"
	"k8s.io/kubernetes/pkg/registry/autoscaling/horizontalpodautoscaler"
	"k8s.io/kubernetes/pkg/registry/batch/cronjob"
	"k8s.io/kubernetes/pkg/registry/batch/job"
	"k8s.io/kubernetes/pkg/registry/certificates/certificates"
	"k8s.io/kubernetes/pkg/registry/coordination/lease"
	"k8s.io/kubernetes/pkg/registry/core/configmap"
	"k8s.io/kubernetes/pkg/registry/core/endpoint"
	"k8s.io/kubernetes/pkg/registry/core/event"
	"k8s.io/kubernetes/pkg/registry/core/limitrange"
	"k8s.io/kubernetes/pkg/registry/core/namespace"
	"k8s.io/kubernetes/pkg/registry/core/node"
	"k8s.io/kubernetes/pkg/registry/core/persistentvolume"
	"k8s.io/kubernetes/pkg/registry/core/persistentvolumeclaim"
	"k8s.io/kubernetes/pkg/registry/core/pod"
	"k8s.io/kubernetes/pkg/registry/core/podtemplate"
	"k8s.io/kubernetes/pkg/registry/core/replicationcontroller"
	"k8s.io/kubernetes/pkg/registry/core/resourcequota"
	"k8s.io/kubernetes/pkg/registry/core/secret"
	"k8s.io/kubernetes/pkg/registry/core/service"
	"k8s.io/kubernetes/pkg/registry/core/serviceaccount"
	"k8s.io/kubernetes/pkg/registry/discovery/endpointslice"
	"k8s.io/kubernetes/pkg/registry/flowcontrol/flowschema"
	"k8s.io/kubernetes/pkg/registry/flowcontrol/prioritylevelconfiguration"
	"k8s.io/kubernetes/pkg/registry/networking/ingress"
	"k8s.io/kubernetes/pkg/registry/networking/ingressclass"
	"k8s.io/kubernetes/pkg/registry/networking/networkpolicy"
	"k8s.io/kubernetes/pkg/registry/node/runtimeclass"
	"k8s.io/kubernetes/pkg/registry/policy/poddisruptionbudget"
	"k8s.io/kubernetes/pkg/registry/rbac/clusterrole"
	"k8s.io/kubernetes/pkg/registry/rbac/clusterrolebinding"
	"k8s.io/kubernetes/pkg/registry/rbac/role"
	"k8s.io/kubernetes/pkg/registry/rbac/rolebinding"
	"k8s.io/kubernetes/pkg/registry/resource/deviceclass"
	"k8s.io/kubernetes/pkg/registry/resource/resourceclaim"
	"k8s.io/kubernetes/pkg/registry/resource/resourceclaimtemplate"
	"k8s.io/kubernetes/pkg/registry/resource/resourceslice"
	"k8s.io/kubernetes/pkg/registry/scheduling/priorityclass"
	"k8s.io/kubernetes/pkg/registry/storage/csidriver"
	"k8s.io/kubernetes/pkg/registry/storage/csinode"
	"k8s.io/kubernetes/pkg/registry/storage/csistoragecapacity"
	"k8s.io/kubernetes/pkg/registry/storage/storageclass"
	"k8s.io/kubernetes/pkg/registry/storage/volumeattachment"
	"k8s.io/kubernetes/pkg/registry/storage/volumeattributesclass"
)

type strategy interface {
	rest.RESTCreateStrategy
	rest.RESTUpdateStrategy
}

var strategies = map[string]strategy{
	"mutatingwebhookconfigurations": mutatingwebhookconfiguration.Strategy, "validatingwebhookconfigurations": validatingwebhookconfiguration.Strategy,
	"controllerrevisions": controllerrevision.Strategy, "daemonsets": daemonset.Strategy, "deployments": deployment.Strategy,
	"replicasets": replicaset.Strategy, "statefulsets": statefulset.Strategy, "horizontalpodautoscalers": horizontalpodautoscaler.Strategy,
	"cronjobs": cronjob.Strategy, "jobs": job.Strategy, "certificatesigningrequests": certificates.Strategy, "leases": lease.Strategy,
	"configmaps": configmap.Strategy, "endpoints": endpoint.Strategy, "events": event.Strategy, "limitranges": limitrange.Strategy,
	"namespaces": namespace.Strategy, "nodes": node.Strategy, "persistentvolumes": persistentvolume.Strategy,
	"persistentvolumeclaims": persistentvolumeclaim.Strategy, "pods": pod.Strategy, "podtemplates": podtemplate.Strategy,
	"replicationcontrollers": replicationcontroller.Strategy, "resourcequotas": resourcequota.Strategy, "secrets": secret.Strategy,
	"services": service.Strategy, "serviceaccounts": serviceaccount.Strategy, "endpointslices": endpointslice.Strategy,
	"flowschemas": flowschema.Strategy, "prioritylevelconfigurations": prioritylevelconfiguration.Strategy, "ingresses": ingress.Strategy,
	"ingressclasses": ingressclass.Strategy, "networkpolicies": networkpolicy.Strategy, "runtimeclasses": runtimeclass.Strategy,
	"poddisruptionbudgets": poddisruptionbudget.Strategy, "clusterroles": clusterrole.Strategy, "clusterrolebindings": clusterrolebinding.Strategy,
	"roles": role.Strategy, "rolebindings": rolebinding.Strategy, "deviceclasses": deviceclass.Strategy,
	"resourceclaims": resourceclaim.NewStrategy(nil), "resourceclaimtemplates": resourceclaimtemplate.NewStrategy(nil),
	"resourceslices": resourceslice.Strategy, "priorityclasses": priorityclass.Strategy, "csidrivers": csidriver.Strategy,
	"csinodes": csinode.Strategy, "csistoragecapacities": csistoragecapacity.Strategy, "storageclasses": storageclass.Strategy,
	"volumeattachments": volumeattachment.Strategy, "volumeattributesclasses": volumeattributesclass.Strategy,
	"pods/status": pod.StatusStrategy, "nodes/status": node.StatusStrategy,
}

func init() {
	apiextensionsinstall.Install(legacyscheme.Scheme)
	strategies["customresourcedefinitions"] = customresourcedefinition.NewStrategy(legacyscheme.Scheme)
}

type ask struct {
	Op       string          `json:"op"`
	Resource string          `json:"resource"`
	Object   json.RawMessage `json:"object"`
	Old      json.RawMessage `json:"old"`
	Patch    json.RawMessage `json:"patch"`
	Steps    []step          `json:"steps"`
}

type answer struct {
	Status  *metav1.Status  `json:"status,omitempty"`
	Object  json.RawMessage `json:"object,omitempty"`
	Error   string          `json:"error,omitempty"`
	Table   *metav1.Table   `json:"table,omitempty"`
	Columns map[string]any  `json:"columns,omitempty"`
	Warns   []string        `json:"warnings,omitempty"`
	Answers []answer        `json:"answers,omitempty"`
}

func decode(raw []byte) (runtime.Object, *schema.GroupVersionKind, error) {
	return legacyscheme.Codecs.UniversalDecoder().Decode(raw, nil, nil)
}

// internal decoding with defaults
func internal(raw []byte) (runtime.Object, schema.GroupVersion, error) {
	var tm metav1.TypeMeta
	if err := json.Unmarshal(raw, &tm); err != nil {
		return nil, schema.GroupVersion{}, err
	}
	gv, err := schema.ParseGroupVersion(tm.APIVersion)
	if err != nil {
		return nil, gv, err
	}
	obj, _, err := legacyscheme.Codecs.UniversalDecoder(schema.GroupVersion{Group: gv.Group, Version: runtime.APIVersionInternal}).Decode(raw, nil, nil)
	return obj, gv, err
}

func encode(obj runtime.Object, gv schema.GroupVersion) (json.RawMessage, error) {
	return runtime.Encode(legacyscheme.Codecs.LegacyCodec(gv), obj)
}

func serve(a ask) (out answer) {
	defer func() {
		if r := recover(); r != nil {
			out = answer{Error: fmt.Sprint("panic: ", r)}
		}
	}()
	if a.Op == "services" {
		return answer{Answers: session(a.Steps)}
	}
	if a.Op == "table" {
		obj, _, err := internal(a.Object)
		if err != nil {
			return answer{Error: err.Error()}
		}
		t, err := printers.NewTableGenerator().With(printersinternal.AddHandlers).GenerateTable(obj, printers.GenerateOptions{Wide: true})
		if err != nil {
			return answer{Error: err.Error()}
		}
		for i := range t.Rows {
			t.Rows[i].Object = runtime.RawExtension{}
		}
		return answer{Table: t}
	}
	if a.Op == "smp" {
		obj, _, err := internal(a.Old)
		_ = obj
		if err != nil {
			return answer{Error: err.Error()}
		}
		var tm metav1.TypeMeta
		json.Unmarshal(a.Old, &tm)
		gv, _ := schema.ParseGroupVersion(tm.APIVersion)
		versioned, err := legacyscheme.Scheme.New(gv.WithKind(tm.Kind))
		if err != nil {
			return answer{Error: err.Error()}
		}
		res, err := strategicpatch.StrategicMergePatch(a.Old, a.Patch, versioned)
		if err != nil {
			return answer{Error: err.Error()}
		}
		return answer{Object: res}
	}
	st, ok := strategies[a.Resource]
	if !ok {
		return answer{Error: "no strategy for " + a.Resource}
	}
	obj, gv, err := internal(a.Object)
	if err != nil {
		return answer{Error: "decode: " + err.Error()}
	}
	acc, err := meta.Accessor(obj)
	if err != nil {
		return answer{Error: err.Error()}
	}
	ctx := context.Background()
	ns := ""
	if st.NamespaceScoped() {
		ns = acc.GetNamespace()
		if ns == "" {
			ns = "default"
		}
	}
	ctx = genericapirequest.WithNamespace(ctx, ns)
	ctx = genericapirequest.WithRequestInfo(ctx, &genericapirequest.RequestInfo{APIGroup: gv.Group, APIVersion: gv.Version})
	switch a.Op {
	case "create":
		acc.SetNamespace(ns)
		rest.FillObjectMetaSystemFields(acc)
		err = rest.BeforeCreate(st, ctx, obj)
		if err == nil {
			out.Warns = st.WarningsOnCreate(ctx, obj)
		}
	case "update":
		old, _, e := internal(a.Old)
		if e != nil {
			return answer{Error: "decode old: " + e.Error()}
		}
		oacc, _ := meta.Accessor(old)
		oacc.SetNamespace(ns)
		acc.SetNamespace(ns)
		uid := oacc.GetUID()
		rest.FillObjectMetaSystemFields(oacc)
		if uid != "" {
			oacc.SetUID(uid)
		}
		oacc.SetResourceVersion("1")
		acc.SetResourceVersion("1")
		acc.SetUID(oacc.GetUID())
		acc.SetCreationTimestamp(oacc.GetCreationTimestamp())
		err = rest.BeforeUpdate(st, ctx, obj, old)
	}
	if err != nil {
		if se, ok := err.(apierrors.APIStatus); ok {
			s := se.Status()
			return answer{Status: &s}
		}
		return answer{Error: err.Error() + " " + reflect.TypeOf(err).String()}
	}
	raw, err := encode(obj, gv)
	if err != nil {
		return answer{Error: "encode: " + err.Error()}
	}
	if back, _, e := internal(raw); e == nil {
		if again, e := encode(back, gv); e == nil {
			raw = again
		}
	}
	out.Object = raw
	return out
}

func main() {
	_ = utilfeature.DefaultFeatureGate
	if len(os.Args) > 1 && os.Args[1] == "shapes" {
		writeShapes(os.Stdout)
		return
	}
	in := bufio.NewReaderSize(os.Stdin, 1<<20)
	w := bufio.NewWriter(os.Stdout)
	defer w.Flush()
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	dec := json.NewDecoder(in)
	for {
		var a ask
		if err := dec.Decode(&a); err != nil {
			return
		}
		if err := enc.Encode(serve(a)); err != nil {
			panic(err)
		}
	}
}
