package main

import (
	"unicode"

	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfshim"
	shimv2 "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfshim/sdk-v2"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
	docker "github.com/terraform-providers/terraform-provider-docker/shim"
)

// version is the release of @pulumi/docker whose resources this plugin serves; the linker sets it.
var version = "0.0.0"

// providerInfo maps the six resources mlstack and its users need to the tokens of @pulumi/docker.
func providerInfo() tfbridge.ProviderInfo {
	keep := func(name string) *tfbridge.SchemaInfo { return &tfbridge.SchemaInfo{Name: name} }
	info := tfbridge.ProviderInfo{
		P:            shimv2.NewProvider(docker.New(version)),
		Name:         "docker",
		Version:      version,
		GitHubOrg:    "kreuzwerker",
		DisplayName:  "Docker",
		License:      "Apache-2.0",
		Homepage:     "https://pulumi.io",
		Repository:   "https://github.com/pulumi/pulumi-docker",
		MetadataInfo: tfbridge.NewProviderMetadata([]byte("{}")),
		Config: map[string]*tfbridge.SchemaInfo{
			"host":          {Default: &tfbridge.DefaultInfo{EnvVars: []string{"DOCKER_HOST"}, Value: defaultHost()}},
			"registry_auth": {Name: "registryAuth", MaxItemsOne: tfbridge.False()},
		},
		Resources: map[string]*tfbridge.ResourceInfo{
			"docker_container": {
				Tok:                 resource("Container"),
				DeleteBeforeReplace: true,
				Fields:              map[string]*tfbridge.SchemaInfo{"command": keep("command"), "networks_advanced": keep("networksAdvanced")},
			},
			"docker_image":          {Tok: resource("RemoteImage"), Fields: map[string]*tfbridge.SchemaInfo{"name": keep("name")}},
			"docker_network":        {Tok: resource("Network")},
			"docker_volume":         {Tok: resource("Volume")},
			"docker_tag":            {Tok: resource("Tag")},
			"docker_registry_image": {Tok: resource("RegistryImage")},
		},
		DataSources: map[string]*tfbridge.DataSourceInfo{
			"docker_network":        {Tok: function("getNetwork")},
			"docker_image":          {Tok: function("getRemoteImage")},
			"docker_registry_image": {Tok: function("getRegistryImage")},
			"docker_logs":           {Tok: function("getLogs")},
		},
	}
	for name := range docker.New(version).ResourcesMap {
		if info.Resources[name] == nil {
			info.IgnoreMappings = append(info.IgnoreMappings, name)
		}
	}
	for name := range docker.New(version).DataSourcesMap {
		if info.DataSources[name] == nil {
			info.IgnoreMappings = append(info.IgnoreMappings, name)
		}
	}
	for name, resource := range info.Resources {
		resource.Fields = named(info.P.ResourcesMap().Get(name).Schema(), resource.Fields)
	}
	info.SetAutonaming(255, "-")
	return info
}

// named gives each field the name that the bridge would find for it, once: it would look for it, letter by letter, at each
// use of the field, which is half of its time.
func named(schema shim.SchemaMap, given map[string]*tfbridge.SchemaInfo) map[string]*tfbridge.SchemaInfo {
	fields := map[string]*tfbridge.SchemaInfo{}
	for name, field := range given {
		fields[name] = field
	}
	schema.Range(func(name string, described shim.Schema) bool {
		field := fields[name]
		if field == nil {
			field = &tfbridge.SchemaInfo{}
			fields[name] = field
		}
		field.Name = tfbridge.TerraformToPulumiNameV2(name, schema, given)
		if inner, isResource := described.Elem().(shim.Resource); isResource {
			if field.Elem == nil {
				field.Elem = &tfbridge.SchemaInfo{}
			}
			field.Elem.Fields = named(inner.Schema(), field.Elem.Fields)
		}
		return true
	})
	return fields
}

func resource(name string) tokens.Type { return tokens.Type(token(name)) }

func function(name string) tokens.ModuleMember { return tokens.ModuleMember(token(name)) }

// token is `docker:index/container:Container`: the file's name is the type's with its first letter in lower case.
func token(name string) string {
	file := []rune(name)
	file[0] = unicode.ToLower(file[0])
	return "docker:index/" + string(file) + ":" + name
}
