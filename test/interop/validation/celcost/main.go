// Command celcost answers what Kubernetes v1.34.3 itself charges for rules of custom resources. It reads one question a line,
//
//	{"schema": {...}, "rule": "...", "value": ..., "limit": 1000000, "budget": 10000000}
//
// and writes what was spent of the budget and the errors, one answer a line.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"os"

	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	structuralschema "k8s.io/apiextensions-apiserver/pkg/apiserver/schema"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel"
	utiljson "k8s.io/apimachinery/pkg/util/json"
)

type question struct {
	Schema  json.RawMessage `json:"schema"`
	Rule    string          `json:"rule"`
	Message string          `json:"message"`
	Value   json.RawMessage `json:"value"`
	Limit   uint64          `json:"limit"`
	Budget  int64           `json:"budget"`
}

type answer struct {
	Spent  int64    `json:"spent"`
	Errors []string `json:"errors,omitempty"`
}

func ask(q question) answer {
	var props apiextensionsv1.JSONSchemaProps
	if err := json.Unmarshal(q.Schema, &props); err != nil {
		return answer{Errors: []string{"schema: " + err.Error()}}
	}
	props.XValidations = apiextensionsv1.ValidationRules{{Rule: q.Rule, MessageExpression: q.Message}}
	var internal apiextensions.JSONSchemaProps
	if err := apiextensionsv1.Convert_v1_JSONSchemaProps_To_apiextensions_JSONSchemaProps(&props, &internal, nil); err != nil {
		return answer{Errors: []string{"schema: " + err.Error()}}
	}
	structural, err := structuralschema.NewStructural(&internal)
	if err != nil {
		return answer{Errors: []string{"schema: " + err.Error()}}
	}
	var value any
	if err := utiljson.Unmarshal(q.Value, &value); err != nil {
		return answer{Errors: []string{"value: " + err.Error()}}
	}
	errs, left := cel.NewValidator(structural, false, q.Limit).Validate(context.Background(), nil, structural, value, nil, q.Budget)
	out := answer{Spent: q.Budget - left}
	for _, e := range errs {
		out.Errors = append(out.Errors, e.Error())
	}
	return out
}

func main() {
	in := bufio.NewScanner(os.Stdin)
	in.Buffer(make([]byte, 1<<20), 1<<28)
	out := json.NewEncoder(os.Stdout)
	out.SetEscapeHTML(false)
	for in.Scan() {
		var q question
		if err := json.Unmarshal(in.Bytes(), &q); err != nil {
			panic(err)
		}
		if err := out.Encode(ask(q)); err != nil {
			panic(err)
		}
	}
}
