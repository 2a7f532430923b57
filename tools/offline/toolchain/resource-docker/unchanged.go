package main

import (
	"context"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/protobuf/proto"

	"mlstack.dev/toolchain/resource-docker/plain"
)

// unchanged answers for what has plainly not changed; the bridge would check and plan it first, which takes ten times as long.
type unchanged struct {
	pulumirpc.ResourceProviderServer
}

// Check has nothing to look for where the program gives what was found right the last time: only the bridge's defaults are added.
func (u *unchanged) Check(ctx context.Context, request *pulumirpc.CheckRequest) (*pulumirpc.CheckResponse, error) {
	// A new resource has no inputs from before; its name, for one, is still to be found.
	if before := request.GetOlds(); len(before.GetFields()) > 0 && plain.Checked(request.GetNews(), before) {
		return &pulumirpc.CheckResponse{Inputs: before}, nil
	}
	return u.ResourceProviderServer.Check(ctx, request)
}

// Diff has nothing to plan where the program gives what it gave the last time, and the state was read and has all of it: what
// the engine has changed by itself since then is in the state after a refresh, and then differs.
func (u *unchanged) Diff(ctx context.Context, request *pulumirpc.DiffRequest) (*pulumirpc.DiffResponse, error) {
	given, state := request.GetNews(), request.GetOlds()
	if before := request.GetOldInputs(); before != nil && proto.Equal(before, given) && plain.WasRead(given, state) && plain.Within(given, state) {
		return &pulumirpc.DiffResponse{Changes: pulumirpc.DiffResponse_DIFF_NONE}, nil
	}
	return u.ResourceProviderServer.Diff(ctx, request)
}
