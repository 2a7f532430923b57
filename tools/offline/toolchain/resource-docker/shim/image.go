package shim

import (
	"context"
	"regexp"

	"github.com/hashicorp/terraform-plugin-sdk/v2/diag"
	"github.com/hashicorp/terraform-plugin-sdk/v2/helper/schema"
)

// An image that mlstack builds has both: a tag that follows from all that goes into it, and a copy of its sources as context.
var (
	contentTag  = regexp.MustCompile(`:[0-9a-f]{12}$`)
	sourcesCopy = regexp.MustCompile(`[/\\]sources[/\\][0-9a-f]{16}[/\\]context$`)
)

// createImage leaves out the build of what the engine has already: the provider hands all sources to the builder, and waits
// until that has found each step among those of former builds.
func createImage(build schema.CreateContextFunc, read schema.ReadContextFunc) schema.CreateContextFunc {
	return func(ctx context.Context, d *schema.ResourceData, meta interface{}) diag.Diagnostics {
		if followsFromContent(d.Get("name").(string), contextOf(d)) {
			// Where the engine has it not, it has no id behind that.
			if found := read(ctx, d, meta); found.HasError() || d.Id() != "" {
				return found
			}
		}
		return build(ctx, d, meta)
	}
}

// followsFromContent says whether an image of that name is the same whenever it is built. Of a tag that somebody has chosen,
// a version or a commit, it is not known.
func followsFromContent(name, context string) bool {
	return contentTag.MatchString(name) && sourcesCopy.MatchString(context)
}

func contextOf(d *schema.ResourceData) string {
	for _, build := range d.Get("build").(*schema.Set).List() {
		return build.(map[string]interface{})["context"].(string)
	}
	return ""
}
