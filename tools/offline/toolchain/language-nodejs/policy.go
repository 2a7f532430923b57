package main

import (
	"errors"
	"os/exec"
	"sync"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// RunPlugin runs a policy pack, and hands on what it prints: first of all the port on which it answers the engine. It is an
// ordinary program that Node runs as it is; the SDK's own runner of packs would load a compiler first.
func (h *host) RunPlugin(request *pulumirpc.RunPluginRequest, stream pulumirpc.LanguageRuntime_RunPluginServer) error {
	if request.GetKind() != "analyzer" {
		return status.Errorf(codes.Unimplemented, "a plugin of kind %q cannot be run here", request.GetKind())
	}
	pack := request.GetInfo().GetProgramDirectory()
	_, modules, err := findRunner(pack)
	if err != nil {
		return status.Error(codes.FailedPrecondition, err.Error())
	}
	command := exec.CommandContext(stream.Context(), node(modules), append([]string{pack}, request.GetArgs()...)...)
	// The pack reads its version from the folder that it runs in.
	command.Dir, command.Env = pack, request.GetEnv()
	var turns sync.Mutex
	command.Stdout = writer(func(text []byte) error {
		turns.Lock()
		defer turns.Unlock()
		return stream.Send(&pulumirpc.RunPluginResponse{Output: &pulumirpc.RunPluginResponse_Stdout{Stdout: text}})
	})
	command.Stderr = writer(func(text []byte) error {
		turns.Lock()
		defer turns.Unlock()
		return stream.Send(&pulumirpc.RunPluginResponse{Output: &pulumirpc.RunPluginResponse_Stderr{Stderr: text}})
	})
	var exit *exec.ExitError
	if err := command.Run(); err != nil && !errors.As(err, &exit) {
		return status.Errorf(codes.Internal, "the policy pack could not be started: %v", err)
	}
	code := &pulumirpc.RunPluginResponse_Exitcode{Exitcode: int32(command.ProcessState.ExitCode())}
	return stream.Send(&pulumirpc.RunPluginResponse{Output: code})
}

// writer is a stream of the engine's as a program writes to it.
type writer func([]byte) error

func (send writer) Write(text []byte) (int, error) {
	if err := send(text); err != nil {
		return 0, err
	}
	return len(text), nil
}
