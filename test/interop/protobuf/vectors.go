package main

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"math/rand"
	"os"
	"reflect"
	"time"

	apiextensions "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/apimachinery/pkg/runtime/serializer/protobuf"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// filler puts a value in every field that the odds choose.
type filler struct {
	random *rand.Rand
	// of 100, how many fields are filled.
	odds int
}

var texts = []string{"web", "größe €", "a.b/c", "", "line\nbreak", "nginx:1.29", "日本", "\"quoted\"", "\ufeffmark"}
var quantities = []string{"0", "100m", "1500m", "2", "1Gi", "512Mi", "1e3", "0.5", "12k", "-1", "5u"}

func (f *filler) special(goType reflect.Type) (any, bool) {
	r := f.random
	raw := []byte([]string{`{"a":{"b":[1,2.5,null,"x"]}}`, `"text"`, `7`, `[]`}[r.Intn(4)])
	switch goType {
	case reflect.TypeOf(resource.Quantity{}):
		return resource.MustParse(quantities[r.Intn(len(quantities))]), true
	case reflect.TypeOf(meta.Time{}):
		return meta.NewTime(time.Unix([]int64{0, 1, -1, 1763719200, 253402300799, -62135596799}[r.Intn(6)], 0)), true
	case reflect.TypeOf(meta.MicroTime{}):
		return meta.NewMicroTime(time.Unix(1763719200+int64(r.Intn(5)), []int64{0, 1000, 123456789, 999999999}[r.Intn(4)])), true
	case reflect.TypeOf(meta.Duration{}):
		return meta.Duration{Duration: []time.Duration{0, 1, 1500, 1500000, time.Second, 90 * time.Minute, -2500 * time.Millisecond, 100*time.Hour + 10*time.Millisecond, 1<<63 - 1, -1 << 63}[r.Intn(10)]}, true
	case reflect.TypeOf(meta.FieldsV1{}):
		return meta.FieldsV1{Raw: []byte(`{"f:metadata":{"f:labels":{".":{}}}}`)}, true
	case reflect.TypeOf(intstr.IntOrString{}):
		return []intstr.IntOrString{intstr.FromInt32(0), intstr.FromInt32(-5), intstr.FromInt32(8080), intstr.FromString("25%"), intstr.FromString("")}[r.Intn(5)], true
	case reflect.TypeOf(runtime.RawExtension{}):
		return runtime.RawExtension{Raw: raw}, true
	case reflect.TypeOf(apiextensions.JSON{}):
		return apiextensions.JSON{Raw: raw}, true
	case reflect.TypeOf(apiextensions.JSONSchemaPropsOrBool{}):
		return []apiextensions.JSONSchemaPropsOrBool{{}, {Allows: true}, {Allows: true, Schema: &apiextensions.JSONSchemaProps{Type: "string"}}}[r.Intn(3)], true
	case reflect.TypeOf(apiextensions.JSONSchemaPropsOrArray{}):
		one := apiextensions.JSONSchemaProps{Type: "integer"}
		return []apiextensions.JSONSchemaPropsOrArray{{}, {Schema: &one}, {JSONSchemas: []apiextensions.JSONSchemaProps{one, one}}}[r.Intn(3)], true
	case reflect.TypeOf(apiextensions.JSONSchemaPropsOrStringArray{}):
		return []apiextensions.JSONSchemaPropsOrStringArray{{}, {Schema: &apiextensions.JSONSchemaProps{}}, {Property: []string{"a", "b"}}}[r.Intn(3)], true
	}
	return nil, false
}

func (f *filler) fill(value reflect.Value, depth int) {
	r := f.random
	if made, isSpecial := f.special(value.Type()); isSpecial {
		value.Set(reflect.ValueOf(made))
		return
	}
	switch value.Kind() {
	case reflect.Struct:
		for i := range value.NumField() {
			field := value.Field(i)
			if field.Type() == reflect.TypeOf(meta.TypeMeta{}) || r.Intn(100) >= f.odds {
				continue
			}
			f.fill(field, depth+1)
		}
	case reflect.Pointer:
		if depth > 9 {
			return
		}
		value.Set(reflect.New(value.Type().Elem()))
		f.fill(value.Elem(), depth)
	case reflect.Slice:
		if value.Type().Elem().Kind() == reflect.Uint8 {
			made := make([]byte, r.Intn(5))
			r.Read(made)
			value.SetBytes(made)
			return
		}
		if depth > 9 {
			return
		}
		made := reflect.MakeSlice(value.Type(), 1+r.Intn(2), 2)
		for i := range made.Len() {
			f.fill(made.Index(i), depth+1)
		}
		value.Set(made)
	case reflect.Map:
		if depth > 9 {
			return
		}
		value.Set(reflect.MakeMap(value.Type()))
		for _, name := range []string{"one", "", "__proto__"}[:1+r.Intn(3)] {
			key, item := reflect.New(value.Type().Key()).Elem(), reflect.New(value.Type().Elem()).Elem()
			key.SetString(name)
			f.fill(item, depth+1)
			value.SetMapIndex(key, item)
		}
	case reflect.String:
		value.SetString(texts[r.Intn(len(texts))])
	case reflect.Bool:
		value.SetBool(r.Intn(2) == 0)
	case reflect.Int32:
		value.SetInt([]int64{0, 1, -1, 80, 1<<31 - 1, -1 << 31}[r.Intn(6)])
	case reflect.Int64:
		value.SetInt([]int64{0, 1, -1, 30, 1 << 40, 1<<53 - 1, -(1<<53 - 1)}[r.Intn(7)])
	case reflect.Float64:
		value.SetFloat([]float64{0, 0.5, -2, 1e21, 3.14159}[r.Intn(5)])
	default:
		panic(value.Type().String())
	}
}

type vector struct {
	Kind     string          `json:"kind"`
	Case     string          `json:"case"`
	Protobuf []byte          `json:"protobuf"`
	JSON     json.RawMessage `json:"json"`
}

func writeVectors(scheme *runtime.Scheme, file string) error {
	codecs := serializer.NewCodecFactory(scheme)
	raw := protobuf.NewSerializer(scheme, scheme)
	var lines bytes.Buffer
	write := func(kind schema.GroupVersionKind, name string, object runtime.Object) error {
		var encoded bytes.Buffer
		if err := codecs.EncoderForVersion(raw, kind.GroupVersion()).Encode(object, &encoded); err != nil {
			return fmt.Errorf("%s: %w", kind, err)
		}
		// JSON of what a server reads out of it, not of what was put in: some values do not survive, as fractions of seconds.
		read := reflect.New(scheme.AllKnownTypes()[kind]).Interface().(runtime.Object)
		if _, _, err := raw.Decode(encoded.Bytes(), &kind, read); err != nil {
			return fmt.Errorf("%s: %w", kind, err)
		}
		read.GetObjectKind().SetGroupVersionKind(kind)
		asJSON, err := json.Marshal(read)
		if err != nil {
			return fmt.Errorf("%s: %w", kind, err)
		}
		line, err := json.Marshal(vector{kind.GroupVersion().String() + " " + kind.Kind, name, encoded.Bytes(), asJSON})
		lines.Write(append(line, '\n'))
		return err
	}
	for number, kind := range kinds(scheme) {
		for variant, odds := range []int{0, 20, 50, 80} {
			object := reflect.New(scheme.AllKnownTypes()[kind])
			f := &filler{random: rand.New(rand.NewSource(int64(number*10 + variant))), odds: odds}
			f.fill(object.Elem(), 0)
			if err := write(kind, fmt.Sprintf("%d of 100 fields", odds), object.Interface().(runtime.Object)); err != nil {
				return err
			}
		}
	}
	out, err := os.Create(file)
	if err != nil {
		return err
	}
	defer out.Close()
	packed, _ := gzip.NewWriterLevel(out, gzip.BestCompression)
	if _, err := packed.Write(lines.Bytes()); err != nil {
		return err
	}
	return packed.Close()
}
