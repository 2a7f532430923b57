// Package plain finds what has plainly not changed, by comparing alone: whatever it is not sure of counts as changed.
package plain

import (
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/structpb"
)

// defaults is where the bridge notes, in each object that it has checked, which of its fields nobody gave.
const defaults = "__defaults"

// Checked says whether checked is what the bridge made of given: all of it, and else defaults alone.
func Checked(given, checked *structpb.Struct) bool {
	known := map[string]bool{defaults: true}
	for _, name := range checked.GetFields()[defaults].GetListValue().GetValues() {
		known[name.GetStringValue()] = true
	}
	for name, value := range given.GetFields() {
		if !checkedValue(value, checked.GetFields()[name]) {
			return false
		}
		known[name] = true
	}
	for name := range checked.GetFields() {
		if !known[name] {
			return false
		}
	}
	return true
}

func checkedValue(given, checked *structpb.Value) bool {
	if fields := given.GetStructValue(); fields != nil {
		return checked.GetStructValue() != nil && Checked(fields, checked.GetStructValue())
	}
	list := given.GetListValue()
	if list == nil {
		return checked != nil && proto.Equal(given, checked)
	}
	others := checked.GetListValue().GetValues()
	if len(list.GetValues()) != len(others) {
		return false
	}
	for index, value := range list.GetValues() {
		if !checkedValue(value, others[index]) {
			return false
		}
	}
	return true
}
