package shim

import "testing"

func TestFollowsFromContent(t *testing.T) {
	copied := "/home/kim/.cache/mlstack/sources/0123456789abcdef/context"
	for _, one := range []struct {
		what, name, context string
		want                bool
	}{
		{"an image of mlstack", "mlstack/api:0123456789ab", copied, true},
		{"one at a registry", "127.0.0.1:5000/mlstack/api:0123456789ab", copied, true},
		{"one that is built on Windows", "mlstack/api:0123456789ab", `C:\Users\kim\mlstack\sources\0123456789abcdef\context`, true},
		{"a version", "mlstack/api:1.4", copied, false},
		{"a whole commit", "mlstack/api:0123456789abcdef0123456789abcdef01234567", copied, false},
		{"a commit, built where it was checked out", "acme/api:0123456789ab", "/home/kim/api", false},
		{"one that is pulled", "acme/api:0123456789ab", "", false},
	} {
		if followsFromContent(one.name, one.context) != one.want {
			t.Errorf("%s: %s of %q", one.what, one.name, one.context)
		}
	}
}
