// How Go writes internal types as JSON: some messages of the API server quote objects in that form.
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"reflect"
	"sort"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	flowcontrolv1 "k8s.io/api/flowcontrol/v1"
	networkingv1 "k8s.io/api/networking/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	resourcev1 "k8s.io/api/resource/v1"
	storagev1 "k8s.io/api/storage/v1"
	apiresource "k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/kubernetes/pkg/apis/apps"
	"k8s.io/kubernetes/pkg/apis/batch"
	"k8s.io/kubernetes/pkg/apis/core"
	"k8s.io/kubernetes/pkg/apis/flowcontrol"
	"k8s.io/kubernetes/pkg/apis/networking"
	"k8s.io/kubernetes/pkg/apis/rbac"
	"k8s.io/kubernetes/pkg/apis/resource"
	"k8s.io/kubernetes/pkg/apis/storage"
)

// A field as it is written out: its name in messages, a colon and the member's name in the served version where that is not the same with a
// small letter, a question mark where it is left out when empty, and its type.
type field string

type shapes map[string][]field

// Pairs of an internal type and the served one whose members it is decoded from.
var roots = [][2]any{
	{core.PodSpec{}, corev1.PodSpec{}}, {core.PodTemplateSpec{}, corev1.PodTemplateSpec{}},
	{core.PersistentVolumeClaimSpec{}, corev1.PersistentVolumeClaimSpec{}},
	{core.PersistentVolumeSource{}, corev1.PersistentVolumeSource{}}, {core.VolumeNodeAffinity{}, corev1.VolumeNodeAffinity{}},
	{batch.PodFailurePolicy{}, batchv1.PodFailurePolicy{}}, {batch.SuccessPolicy{}, batchv1.SuccessPolicy{}},
	{apps.StatefulSetSpec{}, appsv1.StatefulSetSpec{}}, {apps.DeploymentStrategy{}, appsv1.DeploymentStrategy{}},
	{storage.VolumeAttachmentSpec{}, storagev1.VolumeAttachmentSpec{}}, {storage.CSINodeDriver{}, storagev1.CSINodeDriver{}},
	{rbac.RoleRef{}, rbacv1.RoleRef{}}, {resource.ResourceClaimSpec{}, resourcev1.ResourceClaimSpec{}},
	{resource.ResourceClaimTemplateSpec{}, resourcev1.ResourceClaimTemplateSpec{}},
	{flowcontrol.FlowDistinguisherMethod{}, flowcontrolv1.FlowDistinguisherMethod{}},
	{networking.IngressClassParametersReference{}, networkingv1.IngressClassParametersReference{}},
	{metav1.LabelSelector{}, metav1.LabelSelector{}},
}

// What types that write themselves are when nothing is set.
var zeros = map[string]string{"null": "nil", `"0"`: "Quantity", "0": "int"}

var marshaler = reflect.TypeOf((*json.Marshaler)(nil)).Elem()

func (s shapes) typeOf(internal, served reflect.Type) string {
	for served.Kind() == reflect.Pointer && internal.Kind() != reflect.Pointer {
		served = served.Elem()
	}
	if internal.Implements(marshaler) || reflect.PointerTo(internal).Implements(marshaler) {
		if internal.Kind() == reflect.Pointer {
			return "nil"
		}
		raw, _ := json.Marshal(reflect.New(internal).Interface())
		return zeros[string(raw)]
	}
	switch internal.Kind() {
	case reflect.Pointer:
		for served.Kind() == reflect.Pointer {
			served = served.Elem()
		}
		if s.typeOf(internal.Elem(), served) == internal.Elem().Name() && internal.Elem().Kind() == reflect.Struct {
			return "*" + internal.Elem().Name()
		}
		return "nil"
	case reflect.Slice:
		if internal.Elem().Kind() == reflect.Struct && s.typeOf(internal.Elem(), served.Elem()) == internal.Elem().Name() {
			return "[]" + internal.Elem().Name()
		}
		return "nil"
	case reflect.Map:
		if internal.Elem() == reflect.TypeOf(apiresource.Quantity{}) {
			return "amounts"
		}
		return "map"
	case reflect.Struct:
		s.add(internal, served)
		return internal.Name()
	case reflect.String:
		return "string"
	case reflect.Bool:
		return "bool"
	}
	return "int"
}

func jsonName(f reflect.StructField) (string, bool) {
	parts := strings.Split(f.Tag.Get("json"), ",")
	return parts[0], len(parts) > 1 && strings.Contains(f.Tag.Get("json"), "omit")
}

func (s shapes) add(internal, served reflect.Type) {
	if _, known := s[internal.Name()]; known {
		return
	}
	s[internal.Name()] = nil
	s[internal.Name()] = s.fields(internal, served)
}

func (s shapes) fields(internal, served reflect.Type) (out []field) {
	for i := 0; i < internal.NumField(); i++ {
		f := internal.Field(i)
		tag, omit := jsonName(f)
		there, ok := served.FieldByName(f.Name)
		if f.Anonymous && tag == "" {
			inner := served
			if ok {
				inner = there.Type
			}
			out = append(out, s.fields(f.Type, inner)...)
			continue
		}
		name := tag
		if name == "" {
			name = f.Name
		}
		// What is not in the served version comes from elsewhere (a pod's host namespaces), under the same name.
		from, kind := strings.ToLower(name[:1])+name[1:], f.Type.Kind().String()
		if f.Type.Kind() == reflect.Pointer {
			kind = "nil"
		}
		if ok {
			from, _ = jsonName(there)
			kind = s.typeOf(f.Type, there.Type)
		}
		text := name
		if from != strings.ToLower(name[:1])+name[1:] {
			text += ":" + from
		}
		if omit {
			text += "?"
		}
		out = append(out, field(text+" "+kind))
	}
	return out
}

const head = `/** Kubernetes' internal types as of v1.34, in the order in which Go writes their members: name, where it comes from when that is not the same name
 *  with a small letter, whether it is left out when empty (?), and type. Written by test/interop/validation. */`

func writeShapes(w io.Writer) {
	s := shapes{}
	for _, pair := range roots {
		s.add(reflect.TypeOf(pair[0]), reflect.TypeOf(pair[1]))
	}
	names := make([]string, 0, len(s))
	for name := range s {
		names = append(names, name)
	}
	sort.Strings(names)
	fmt.Fprintf(w, "%s\n\nexport const INTERNAL_TYPES: Readonly<Record<string, string>> = {\n", head)
	for _, name := range names {
		lines := make([]string, 0, len(s[name]))
		for _, f := range s[name] {
			lines = append(lines, string(f))
		}
		fmt.Fprintf(w, "  %s: '%s',\n", name, strings.Join(lines, ", "))
	}
	fmt.Fprintln(w, "};")
}
