// Command protobuf reads Kubernetes' Go types by reflection. It writes
//
//	protobuf descriptions FOLDER  what src/serve/protobuf/messages holds: number, name and type of every field, one line a message
//	protobuf vectors FILE         objects of every kind as Kubernetes' own codecs write them, in protobuf and in JSON, one line an object
package main

import (
	"fmt"
	"os"
	"reflect"
	"sort"

	admissionregistration "k8s.io/api/admissionregistration/v1"
	apps "k8s.io/api/apps/v1"
	authentication "k8s.io/api/authentication/v1"
	authorization "k8s.io/api/authorization/v1"
	autoscaling "k8s.io/api/autoscaling/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	batch "k8s.io/api/batch/v1"
	certificates "k8s.io/api/certificates/v1"
	coordination "k8s.io/api/coordination/v1"
	core "k8s.io/api/core/v1"
	discovery "k8s.io/api/discovery/v1"
	events "k8s.io/api/events/v1"
	flowcontrol "k8s.io/api/flowcontrol/v1"
	networking "k8s.io/api/networking/v1"
	node "k8s.io/api/node/v1"
	policy "k8s.io/api/policy/v1"
	rbac "k8s.io/api/rbac/v1"
	resource "k8s.io/api/resource/v1"
	scheduling "k8s.io/api/scheduling/v1"
	storage "k8s.io/api/storage/v1"
	apiextensions "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

var install = []func(*runtime.Scheme) error{
	core.AddToScheme, apps.AddToScheme, batch.AddToScheme, autoscaling.AddToScheme, autoscalingv2.AddToScheme, policy.AddToScheme,
	coordination.AddToScheme, events.AddToScheme, discovery.AddToScheme, networking.AddToScheme, node.AddToScheme, rbac.AddToScheme,
	resource.AddToScheme, scheduling.AddToScheme, storage.AddToScheme, admissionregistration.AddToScheme, authentication.AddToScheme,
	authorization.AddToScheme, certificates.AddToScheme, flowcontrol.AddToScheme, apiextensions.AddToScheme,
}

func newScheme() *runtime.Scheme {
	scheme := runtime.NewScheme()
	for _, add := range install {
		if err := add(scheme); err != nil {
			panic(err)
		}
	}
	meta.AddToGroupVersion(scheme, schema.GroupVersion{Version: "v1"})
	return scheme
}

// kinds are the ones that a request's body can be: no lists, no options but those of a deletion, no watch events.
func kinds(scheme *runtime.Scheme) []schema.GroupVersionKind {
	var found []schema.GroupVersionKind
	for kind, goType := range scheme.AllKnownTypes() {
		if kind.Version == runtime.APIVersionInternal || goType.PkgPath() == packageOf(meta.WatchEvent{}) && !ofMeta[kind.Kind] {
			continue
		}
		if kind.Kind == "DeleteOptions" && (kind.Group != "" || kind.Version != "v1") {
			continue
		}
		if _, isList := goType.FieldByName("Items"); isList || isOptions(kind.Kind) {
			continue
		}
		found = append(found, kind)
	}
	sort.Slice(found, func(i, j int) bool { return found[i].String() < found[j].String() })
	return found
}

var ofMeta = map[string]bool{"DeleteOptions": true, "Status": true}

func isOptions(kind string) bool {
	return kind != "DeleteOptions" && len(kind) > 7 && kind[len(kind)-7:] == "Options"
}

func packageOf(value any) string { return reflect.TypeOf(value).PkgPath() }

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: protobuf descriptions FOLDER | protobuf vectors FILE")
		os.Exit(2)
	}
	var err error
	switch os.Args[1] {
	case "descriptions":
		err = writeDescriptions(newScheme(), os.Args[2])
	case "vectors":
		err = writeVectors(newScheme(), os.Args[2])
	default:
		err = fmt.Errorf("%q is neither descriptions nor vectors", os.Args[1])
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
