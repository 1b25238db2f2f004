// Sequences of requests about services, with the allocation of addresses and ports: the registry's own hooks over a map instead of etcd, and
// allocators that hand out one after the other from 172.30.0.0/16 and 30000-32767 and refuse as a single-stack IPv4 cluster's do.
package main

import (
	"context"
	"encoding/json"
	"net"

	jsonpatch "gopkg.in/evanphx/json-patch.v4"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	genericapirequest "k8s.io/apiserver/pkg/endpoints/request"
	"k8s.io/apiserver/pkg/registry/generic"
	"k8s.io/apiserver/pkg/registry/rest"
	"k8s.io/apiserver/pkg/storage"
	"k8s.io/apiserver/pkg/storage/storagebackend"
	"k8s.io/apiserver/pkg/storage/storagebackend/factory"
	"k8s.io/client-go/tools/cache"
	"k8s.io/kubernetes/pkg/apis/core"
	"k8s.io/kubernetes/pkg/registry/core/service/ipallocator"
	"k8s.io/kubernetes/pkg/registry/core/service/portallocator"
	servicestore "k8s.io/kubernetes/pkg/registry/core/service/storage"
)

type step struct {
	Verb   string          `json:"verb"`
	Name   string          `json:"name"`
	Body   json.RawMessage `json:"body"`
	DryRun bool            `json:"dryRun"`
}

var serviceRange = func() *net.IPNet { _, n, _ := net.ParseCIDR("172.30.0.0/16"); return n }()

// addresses refuses as MetaAllocator does: what is not in any range belongs to no network.
type addresses struct {
	ipallocator.Interface
	used map[string]bool
	next int
}

func (a *addresses) Allocate(ip net.IP) error {
	if !serviceRange.Contains(ip) || ip.String() == "172.30.0.0" || ip.String() == "172.30.255.255" {
		return ipallocator.ErrMismatchedNetwork
	}
	if a.used[ip.String()] {
		return ipallocator.ErrAllocated
	}
	a.used[ip.String()] = true
	return nil
}

func (a *addresses) AllocateNext() (net.IP, error) {
	for {
		a.next++
		ip := net.IPv4(172, 30, byte(1+a.next/256), byte(a.next%256))
		if a.Allocate(ip) == nil {
			return ip, nil
		}
	}
}

func (a *addresses) Release(ip net.IP) error       { delete(a.used, ip.String()); return nil }
func (a *addresses) IPFamily() core.IPFamily       { return core.IPv4Protocol }
func (a *addresses) DryRun() ipallocator.Interface { return dry{} }

// dry looks at the range alone.
type dry struct{ ipallocator.Interface }

func (dry) Allocate(ip net.IP) error {
	if !serviceRange.Contains(ip) || ip.String() == "172.30.0.0" || ip.String() == "172.30.255.255" {
		return &ipallocator.ErrNotInRange{IP: ip, ValidRange: serviceRange.String()}
	}
	return nil
}
func (dry) AllocateNext() (net.IP, error) { return serviceRange.IP, nil }

type ports struct {
	portallocator.Interface
	used map[int]bool
	next int
}

func (p *ports) Allocate(port int) error {
	if port < 30000 || port > 32767 {
		return &portallocator.ErrNotInRange{ValidPorts: "30000-32767"}
	}
	if p.used[port] {
		return portallocator.ErrAllocated
	}
	p.used[port] = true
	return nil
}

func (p *ports) AllocateNext() (int, error) {
	for {
		p.next++
		if p.Allocate(30500+p.next) == nil {
			return 30500 + p.next, nil
		}
	}
}
func (p *ports) Release(port int) error { delete(p.used, port); return nil }
func (p *ports) Has(port int) bool      { return p.used[port] }

type noEndpoints struct{ servicestore.EndpointsStorage }

func (noEndpoints) Delete(context.Context, string, rest.ValidateObjectFunc, *metav1.DeleteOptions) (runtime.Object, bool, error) {
	return nil, true, nil
}

func newServices() *servicestore.REST {
	undecorated := func(*storagebackend.ConfigForResource, string, func(runtime.Object) (string, error), func() runtime.Object, func() runtime.Object,
		storage.AttrFunc, storage.IndexerFuncs, *cache.Indexers) (storage.Interface, factory.DestroyFunc, error) {
		return nil, func() {}, nil
	}
	options := generic.RESTOptions{StorageConfig: &storagebackend.ConfigForResource{}, Decorator: undecorated, ResourcePrefix: "services"}
	allocators := map[core.IPFamily]ipallocator.Interface{core.IPv4Protocol: &addresses{used: map[string]bool{}}}
	out, _, _, err := servicestore.NewREST(options, core.IPv4Protocol, allocators, &ports{used: map[int]bool{}}, noEndpoints{}, nil, nil)
	if err != nil {
		panic(err)
	}
	return out
}

func failed(err error) answer {
	if se, ok := err.(apierrors.APIStatus); ok {
		s := se.Status()
		return answer{Status: &s}
	}
	return answer{Error: err.Error()}
}

func session(steps []step) (answers []answer) {
	services, stored := newServices(), map[string]json.RawMessage{}
	ctx := genericapirequest.WithNamespace(context.Background(), "default")
	ctx = genericapirequest.WithRequestInfo(ctx, &genericapirequest.RequestInfo{APIVersion: "v1"})
	for _, s := range steps {
		answers = append(answers, one(ctx, services, stored, s))
	}
	return answers
}

func one(ctx context.Context, services *servicestore.REST, stored map[string]json.RawMessage, s step) answer {
	strategy := services.CreateStrategy
	if s.Verb == "delete" && stored[s.Name] != nil {
		old, _, err := internal(stored[s.Name])
		if err != nil {
			return failed(err)
		}
		services.AfterDelete(old, &metav1.DeleteOptions{})
		delete(stored, s.Name)
		return answer{}
	}
	before, isThere := stored[s.Name]
	if s.Verb == "update" && !isThere {
		s.Verb = "create"
	}
	if s.Verb != "create" && !isThere {
		return failed(apierrors.NewNotFound(schema.GroupResource{Resource: "services"}, s.Name))
	}
	raw := []byte(s.Body)
	if s.Verb == "patch" {
		patched, err := jsonpatch.MergePatch(before, s.Body)
		if err != nil {
			return failed(err)
		}
		raw = patched
	}
	obj, gv, err := internal(raw)
	if err != nil {
		return answer{Error: "decode: " + err.Error()}
	}
	service := obj.(*core.Service)
	service.Namespace = "default"
	var finish func(context.Context, bool)
	var dryRun []string
	if s.DryRun {
		dryRun = []string{metav1.DryRunAll}
	}
	if s.Verb == "create" {
		rest.FillObjectMetaSystemFields(service)
		finish, err = services.BeginCreate(ctx, obj, &metav1.CreateOptions{DryRun: dryRun})
		if err == nil {
			err = rest.BeforeCreate(strategy, ctx, obj)
		}
		if err == nil && isThere {
			err = apierrors.NewAlreadyExists(schema.GroupResource{Resource: "services"}, s.Name)
		}
	} else {
		existing, _, e := internal(before)
		if e != nil {
			return failed(e)
		}
		old := existing.(*core.Service)
		service.UID, service.CreationTimestamp, service.ResourceVersion = old.UID, old.CreationTimestamp, "1"
		old.ResourceVersion = "1"
		finish, err = services.BeginUpdate(ctx, obj, existing, &metav1.UpdateOptions{DryRun: dryRun})
		if err == nil {
			err = rest.BeforeUpdate(services.UpdateStrategy, ctx, obj, existing)
		}
	}
	if finish != nil {
		finish(ctx, err == nil)
	}
	if err != nil {
		return failed(err)
	}
	text, err := encode(obj, gv)
	if err != nil {
		return failed(err)
	}
	if !s.DryRun {
		stored[s.Name] = text
	}
	return answer{Object: text}
}
