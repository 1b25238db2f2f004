package main

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"sort"
	"strings"

	apiextensions "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// special types have a JSON form of their own; src/serve/protobuf/special-types.ts knows them.
var special = map[reflect.Type]string{
	reflect.TypeOf(resource.Quantity{}):                          "Quantity",
	reflect.TypeOf(meta.Time{}):                                  "Time",
	reflect.TypeOf(meta.MicroTime{}):                             "MicroTime",
	reflect.TypeOf(meta.Duration{}):                              "Duration",
	reflect.TypeOf(meta.FieldsV1{}):                              "FieldsV1",
	reflect.TypeOf(intstr.IntOrString{}):                         "IntOrString",
	reflect.TypeOf(runtime.RawExtension{}):                       "RawExtension",
	reflect.TypeOf(apiextensions.JSON{}):                         "JSON",
	reflect.TypeOf(apiextensions.JSONSchemaPropsOrBool{}):        "JSONSchemaPropsOrBool",
	reflect.TypeOf(apiextensions.JSONSchemaPropsOrArray{}):       "JSONSchemaPropsOrArray",
	reflect.TypeOf(apiextensions.JSONSchemaPropsOrStringArray{}): "JSONSchemaPropsOrStringArray",
}

type descriptions struct {
	// by package ("core/v1"), then by message.
	messages map[string]map[string]string
	// "v1 Pod" to "core/v1.Pod".
	kinds map[string]string
}

// packageName shortens k8s.io/api/core/v1 to core/v1, and the others alike.
func packageName(goType reflect.Type) string {
	parts := strings.Split(goType.PkgPath(), "/")
	return strings.Join(parts[len(parts)-2:], "/")
}

func hasOption(tag string, wanted string) bool {
	for _, option := range strings.Split(tag, ",")[1:] {
		if option == wanted {
			return true
		}
	}
	return false
}

// typeText says a field's type: *T may be absent, []T is a list, {}T a map with keys of text.
func (d *descriptions) typeText(goType reflect.Type, from string) string {
	if name, isSpecial := special[goType]; isSpecial {
		if goType.Kind() == reflect.Struct {
			for i := range goType.NumField() {
				d.visitInner(goType.Field(i).Type)
			}
		}
		return name
	}
	switch goType.Kind() {
	case reflect.Pointer:
		return "*" + d.typeText(goType.Elem(), from)
	case reflect.Slice:
		if goType.Elem().Kind() == reflect.Uint8 {
			return "bytes"
		}
		if goType.Name() != "" && reflect.PointerTo(goType).Implements(reflect.TypeOf((*runtime.ProtobufMarshaller)(nil)).Elem()) {
			if goType.Elem().Kind() != reflect.String {
				panic(goType.String())
			}
			return "Items" // a message around one list of strings
		}
		return "[]" + d.typeText(goType.Elem(), from)
	case reflect.Map:
		if goType.Key().Kind() != reflect.String {
			panic(goType.String())
		}
		return "{}" + d.typeText(goType.Elem(), from)
	case reflect.Struct:
		d.visit(goType)
		if own := packageName(goType); own != from {
			return own + "." + goType.Name()
		}
		return goType.Name()
	case reflect.String, reflect.Bool, reflect.Int32, reflect.Int64, reflect.Float64:
		return goType.Kind().String()
	}
	panic("no text for " + goType.String())
}

func (d *descriptions) visitInner(goType reflect.Type) {
	for goType.Kind() == reflect.Pointer || goType.Kind() == reflect.Slice {
		goType = goType.Elem()
	}
	if goType == reflect.TypeOf(apiextensions.JSONSchemaProps{}) {
		d.visit(goType)
	}
}

func (d *descriptions) visit(goType reflect.Type) {
	own := packageName(goType)
	if d.messages[own] == nil {
		d.messages[own] = map[string]string{}
	}
	if _, isKnown := d.messages[own][goType.Name()]; isKnown {
		return
	}
	d.messages[own][goType.Name()] = ""
	var fields []string
	for i := range goType.NumField() {
		field := goType.Field(i)
		protobuf, json := field.Tag.Get("protobuf"), field.Tag.Get("json")
		if field.Type == reflect.TypeOf(meta.TypeMeta{}) || protobuf == "-" {
			continue
		}
		if protobuf == "" {
			panic(goType.String() + "." + field.Name + " has no number")
		}
		name, number := strings.Split(json, ",")[0], strings.Split(protobuf, ",")[1]
		switch {
		case hasOption(json, "string"):
			panic(goType.String() + "." + field.Name)
		case name == "":
			name = "..." // its fields stand beside ours
		case hasOption(json, "omitzero"):
			if field.Type != reflect.TypeOf(meta.Time{}) {
				panic(goType.String() + "." + field.Name)
			}
			name += "?"
		case hasOption(json, "omitempty") && field.Type.Kind() != reflect.Struct:
			name += "?"
		}
		fields = append(fields, fmt.Sprintf("%s %s %s", number, name, d.typeText(field.Type, own)))
	}
	d.messages[own][goType.Name()] = strings.Join(fields, ", ")
}

func writeDescriptions(scheme *runtime.Scheme, folder string) error {
	d := &descriptions{messages: map[string]map[string]string{}, kinds: map[string]string{}}
	for _, kind := range kinds(scheme) {
		goType := scheme.AllKnownTypes()[kind]
		d.visit(goType)
		d.kinds[kind.GroupVersion().String()+" "+kind.Kind] = packageName(goType) + "." + goType.Name()
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	names := sortedKeys(d.messages)
	index := "/** The descriptions of every package, and the message of every kind, keyed by apiVersion and kind. Written by test/interop/protobuf. */\n\n"
	table := "export const PACKAGES: Readonly<Record<string, Readonly<Record<string, string>>>> = {\n"
	for _, name := range names {
		constant, file := strings.ToUpper(strings.ReplaceAll(name, "/", "_")), strings.ReplaceAll(name, "/", "-")+".ts"
		text := fmt.Sprintf("/** Messages of %s as of Kubernetes v1.34: number, name and type of each field. Written by test/interop/protobuf. */\n\n", name)
		text += fmt.Sprintf("export const %s: Readonly<Record<string, string>> = {\n", constant)
		for _, message := range sortedKeys(d.messages[name]) {
			text += fmt.Sprintf("  %s: '%s',\n", message, d.messages[name][message])
		}
		if err := os.WriteFile(filepath.Join(folder, file), []byte(text+"};\n"), 0o644); err != nil {
			return err
		}
		index += fmt.Sprintf("import { %s } from './%s';\n", constant, file)
		table += fmt.Sprintf("  '%s': %s,\n", name, constant)
	}
	table += "};\n\nexport const KINDS: Readonly<Record<string, string>> = {\n"
	for _, kind := range sortedKeys(d.kinds) {
		table += fmt.Sprintf("  '%s': '%s',\n", kind, d.kinds[kind])
	}
	return os.WriteFile(filepath.Join(folder, "packages.ts"), []byte(index+"\n"+table+"};\n"), 0o644)
}

func sortedKeys[V any](of map[string]V) []string {
	keys := make([]string, 0, len(of))
	for key := range of {
		keys = append(keys, key)
	}
	sort.Strings(keys)
	return keys
}
