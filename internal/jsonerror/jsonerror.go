// Package jsonerror says in the words of JSON what encoding/json says in those of Go.
//
// How values are decoded does not belong here.
package jsonerror

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
)

// Plain returns err, with a value of another kind than was expected named as people
// who write JSON know it: where it is, what was expected and what was found.
func Plain(err error) error {
	var e *json.UnmarshalTypeError
	if !errors.As(err, &e) {
		return err
	}
	where := ""
	if e.Field != "" {
		where = e.Field + ": "
	}
	return fmt.Errorf("%sexpected %s, found %s", where, kind(e.Type), found(e.Value))
}

// kind names what a Go type is in JSON.
func kind(t reflect.Type) string {
	switch t.Kind() {
	case reflect.String:
		return "a string"
	case reflect.Bool:
		return "true or false"
	case reflect.Float32, reflect.Float64:
		return "a number"
	case reflect.Slice, reflect.Array:
		return "a list"
	case reflect.Struct, reflect.Map:
		return "an object"
	case reflect.Pointer:
		return kind(t.Elem())
	}
	return "a whole number" // nothing else is decoded but integers
}

// found names what encoding/json calls a value.
func found(value string) string {
	switch value {
	case "array":
		return "a list"
	case "object":
		return "an object"
	case "bool":
		return "true or false"
	case "string", "number":
		return "a " + value
	}
	return value // "number 1.5"
}
