package plain

import (
	"slices"
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/structpb"
)

// WasRead says whether the state has been read from the engine: it knows then what nobody gave. That of an object whose creation failed in
// the middle has only what was given, and a plan finds much to be done; the engine asks for such a plan, whatever was said before.
func WasRead(given, state *structpb.Struct) bool {
	for name, value := range state.GetFields() {
		_, isGiven := given.GetFields()[name]
		if !isGiven && name != "id" && !strings.HasPrefix(name, "__") && !isEmpty(value) {
			return true
		}
	}
	return false
}

func isEmpty(value *structpb.Value) bool {
	switch value.GetKind().(type) {
	case nil, *structpb.Value_NullValue:
		return true
	case *structpb.Value_ListValue:
		return len(value.GetListValue().GetValues()) == 0
	case *structpb.Value_StructValue:
		return len(value.GetStructValue().GetFields()) == 0
	}
	return false
}

// Within says whether each given field has the same value in the state, which has more.
func Within(given, state *structpb.Struct) bool {
	for name, value := range given.GetFields() {
		// Which values the bridge has filled in, for its own use.
		if name == defaults {
			continue
		}
		if !same(value, state.GetFields()[name]) {
			return false
		}
	}
	return true
}

func same(given, state *structpb.Value) bool {
	if fields := given.GetStructValue(); fields != nil {
		return state.GetStructValue() != nil && Within(fields, state.GetStructValue())
	}
	list := given.GetListValue()
	if list == nil {
		return state != nil && proto.Equal(given, state)
	}
	return sameList(list.GetValues(), state.GetListValue().GetValues())
}

// sameList finds objects in any order: the provider keeps labels, mounts and the like as sets, in an order of its own.
func sameList(given, state []*structpb.Value) bool {
	if len(given) != len(state) {
		return false
	}
	left := slices.Clone(state)
	for index, value := range given {
		if value.GetStructValue() == nil {
			if !same(value, state[index]) {
				return false
			}
			continue
		}
		found := slices.IndexFunc(left, func(other *structpb.Value) bool { return same(value, other) })
		if found < 0 {
			return false
		}
		left = slices.Delete(left, found, found+1)
	}
	return true
}
