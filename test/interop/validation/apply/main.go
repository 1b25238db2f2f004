// Command apply answers what Kubernetes v1.34.3 itself makes of server-side applies, one after another on one object. It reads one sequence a line,
//
//	{"apiVersion": "apps/v1", "kind": "Deployment", "steps": [{"manager": "a", "force": false, "update": false, "object": {...}}]}
//
// and writes for each step the object with its managedFields, or the refusal, one sequence a line. Defaults and validation are not part of it.
package main

import (
	"bufio"
	"encoding/json"
	"os"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/managedfields/managedfieldstest"
	"k8s.io/client-go/applyconfigurations"
	"k8s.io/client-go/kubernetes/scheme"
)

type step struct {
	Manager string         `json:"manager"`
	Force   bool           `json:"force"`
	Update  bool           `json:"update"`
	Object  map[string]any `json:"object"`
}

type sequence struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	Steps      []step `json:"steps"`
}

type outcome struct {
	Object  map[string]any `json:"object,omitempty"`
	Message string         `json:"message,omitempty"`
	Causes  any            `json:"causes,omitempty"`
}

func main() {
	converter := applyconfigurations.NewTypeConverter(scheme.Scheme)
	in := bufio.NewScanner(os.Stdin)
	in.Buffer(make([]byte, 1<<20), 1<<28)
	out := json.NewEncoder(os.Stdout)
	out.SetEscapeHTML(false)
	for in.Scan() {
		var seq sequence
		if err := json.Unmarshal(in.Bytes(), &seq); err != nil {
			panic(err)
		}
		gv, err := schema.ParseGroupVersion(seq.APIVersion)
		if err != nil {
			panic(err)
		}
		fields := managedfieldstest.NewTestFieldManager(converter, gv.WithKind(seq.Kind))
		outcomes := []outcome{}
		for _, s := range seq.Steps {
			raw, _ := json.Marshal(s.Object)
			object := &unstructured.Unstructured{}
			if err := object.UnmarshalJSON(raw); err != nil {
				panic(err)
			}
			if s.Update {
				err = fields.Update(object, s.Manager)
			} else {
				err = fields.Apply(object, s.Manager, s.Force)
			}
			o := outcome{}
			if err != nil {
				o.Message = err.Error()
				if status, ok := err.(apierrors.APIStatus); ok && status.Status().Details != nil {
					o.Causes = status.Status().Details.Causes
				}
			} else {
				live := fields.Live()
				o.Object, err = runtime.DefaultUnstructuredConverter.ToUnstructured(live)
				if err != nil {
					panic(err)
				}
			}
			outcomes = append(outcomes, o)
		}
		if err := out.Encode(outcomes); err != nil {
			panic(err)
		}
	}
}
