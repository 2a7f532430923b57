package plain

import (
	"encoding/json"
	"testing"

	"google.golang.org/protobuf/types/known/structpb"
)

func read(t *testing.T, text string) *structpb.Struct {
	t.Helper()
	var fields map[string]any
	if err := json.Unmarshal([]byte(text), &fields); err != nil {
		t.Fatal(err)
	}
	read, err := structpb.NewStruct(fields)
	if err != nil {
		t.Fatal(err)
	}
	return read
}

type pair struct {
	given, other string
	want         bool
}

func TestChecked(t *testing.T) {
	for name, one := range map[string]pair{
		"the same and a default":        {`{"image": "a"}`, `{"image": "a", "rm": false, "__defaults": ["rm"]}`, true},
		"another value":                 {`{"image": "b"}`, `{"image": "a", "rm": false, "__defaults": ["rm"]}`, false},
		"a new field":                   {`{"image": "a", "user": "1"}`, `{"image": "a", "__defaults": []}`, false},
		"a field that is no more given": {`{"image": "a"}`, `{"image": "a", "user": "1", "__defaults": []}`, false},
		"a number for a text":           {`{"memory": 1}`, `{"memory": "1", "__defaults": []}`, false},
		"the same, inside of a list":    {`{"ports": [{"internal": 1}]}`, `{"ports": [{"internal": 1, "protocol": "tcp", "__defaults": ["protocol"]}], "__defaults": []}`, true},
		"no more given, inside":         {`{"ports": [{}]}`, `{"ports": [{"internal": 1, "__defaults": []}], "__defaults": []}`, false},
		"one more in a list":            {`{"command": ["a", "b"]}`, `{"command": ["a"], "__defaults": []}`, false},
		"an object for a text":          {`{"image": {}}`, `{"image": "a", "__defaults": []}`, false},
	} {
		if Checked(read(t, one.given), read(t, one.other)) != one.want {
			t.Errorf("%s: want %v", name, one.want)
		}
	}
}

func TestWithin(t *testing.T) {
	for name, one := range map[string]pair{
		"the state has more":            {`{"image": "a", "__defaults": ["rm"]}`, `{"image": "a", "id": "1"}`, true},
		"another value":                 {`{"image": "a"}`, `{"image": "b"}`, false},
		"a field that the state lacks":  {`{"image": "a"}`, `{"id": "1"}`, false},
		"objects in another order":      {`{"labels": [{"label": "a"}, {"label": "b"}]}`, `{"labels": [{"label": "b"}, {"label": "a"}]}`, true},
		"one object twice, once":        {`{"labels": [{"label": "a"}, {"label": "a"}]}`, `{"labels": [{"label": "a"}, {"label": "b"}]}`, false},
		"an object that was taken away": {`{"labels": [{"label": "a"}, {"label": "b"}]}`, `{"labels": [{"label": "a"}]}`, false},
		"words in another order":        {`{"command": ["a", "b"]}`, `{"command": ["b", "a"]}`, false},
		"another value, inside":         {`{"labels": [{"label": "a", "value": "1"}]}`, `{"labels": [{"label": "a", "value": "2"}]}`, false},
	} {
		if Within(read(t, one.given), read(t, one.other)) != one.want {
			t.Errorf("%s: want %v", name, one.want)
		}
	}
}

func TestWasRead(t *testing.T) {
	for name, one := range map[string]pair{
		"what the engine added":     {`{"image": "a"}`, `{"image": "a", "id": "1", "ipcMode": "private"}`, true},
		"also where it is a number": {`{"image": "a"}`, `{"image": "a", "id": "1", "shmSize": 0}`, true},
		"only what was given":       {`{"image": "a"}`, `{"image": "a", "id": "1", "__meta": "{}"}`, false},
		"and what is not known yet": {`{"image": "a"}`, `{"image": "a", "id": "1", "ipcMode": null, "devices": [], "options": {}}`, false},
	} {
		if WasRead(read(t, one.given), read(t, one.other)) != one.want {
			t.Errorf("%s: want %v", name, one.want)
		}
	}
}
