package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/protobuf/types/known/emptypb"
)

// errorShown is the exit code of a program that has shown its error to the user.
const errorShown = 32

type host struct {
	pulumirpc.UnimplementedLanguageRuntimeServer
	engine string
}

// Handshake keeps the engine's address, which the program calls for logs and for hooks.
func (h *host) Handshake(_ context.Context, request *pulumirpc.LanguageHandshakeRequest) (*pulumirpc.LanguageHandshakeResponse, error) {
	h.engine = request.GetEngineAddress()
	return &pulumirpc.LanguageHandshakeResponse{}, nil
}

func (h *host) GetRequiredPlugins(context.Context, *pulumirpc.GetRequiredPluginsRequest) (*pulumirpc.GetRequiredPluginsResponse, error) {
	return &pulumirpc.GetRequiredPluginsResponse{}, nil
}

func (h *host) GetRequiredPackages(context.Context, *pulumirpc.GetRequiredPackagesRequest) (*pulumirpc.GetRequiredPackagesResponse, error) {
	return &pulumirpc.GetRequiredPackagesResponse{}, nil
}

func (h *host) GetPluginInfo(context.Context, *emptypb.Empty) (*pulumirpc.PluginInfo, error) {
	return &pulumirpc.PluginInfo{Version: version}, nil
}

func (h *host) RuntimeOptionsPrompts(context.Context, *pulumirpc.RuntimeOptionsRequest) (*pulumirpc.RuntimeOptionsResponse, error) {
	return &pulumirpc.RuntimeOptionsResponse{}, nil
}

func (h *host) About(context.Context, *pulumirpc.AboutRequest) (*pulumirpc.AboutResponse, error) {
	version, err := exec.Command("node", "--version").Output()
	return &pulumirpc.AboutResponse{Executable: "node", Version: strings.TrimSpace(string(version))}, err
}

// Run starts the program and waits for it. Its error, if it has one that the user has not seen yet, is the response's.
func (h *host) Run(ctx context.Context, request *pulumirpc.RunRequest) (*pulumirpc.RunResponse, error) {
	programDir := request.GetInfo().GetProgramDirectory()
	runner, modules, err := findRunner(programDir)
	if err != nil {
		return &pulumirpc.RunResponse{Error: err.Error()}, nil
	}
	command := exec.CommandContext(ctx, node(modules), h.arguments(request, runner)...)
	command.Dir = request.GetPwd()
	command.Stdout, command.Stderr = os.Stdout, os.Stderr
	if command.Env, err = environment(request); err != nil {
		return nil, err
	}
	return response(command.Run())
}

func (h *host) arguments(request *pulumirpc.RunRequest, runner string) []string {
	info := request.GetInfo()
	arguments := strings.Fields(info.GetOptions().GetFields()["nodeargs"].GetStringValue())
	arguments = append(arguments, runner,
		"--monitor", request.GetMonitorAddress(), "--engine", h.engine,
		"--organization", request.GetOrganization(), "--project", request.GetProject(), "--stack", request.GetStack(),
		"--pwd", request.GetPwd(), "--root-directory", info.GetRootDirectory(),
		"--parallel", strconv.Itoa(int(request.GetParallel())))
	if request.GetDryRun() {
		arguments = append(arguments, "--dry-run")
	}
	arguments = append(arguments, filepath.Join(info.GetProgramDirectory(), info.GetEntryPoint()))
	return append(arguments, request.GetArgs()...)
}

// findRunner is the SDK's runner of the nearest node_modules that has one, and that folder.
func findRunner(programDir string) (runner, modules string, err error) {
	for dir := programDir; ; dir = filepath.Dir(dir) {
		modules = filepath.Join(dir, "node_modules")
		runner = filepath.Join(modules, "@pulumi", "pulumi", "cmd", "run")
		if _, err := os.Stat(runner); err == nil {
			return runner, modules, nil
		}
		if dir == filepath.Dir(dir) {
			return "", "", fmt.Errorf("no @pulumi/pulumi is installed for %s; run `npm ci` there", programDir)
		}
	}
}

// node is the project's own Node.js (the npm package `node`), else the one on PATH.
func node(modules string) string {
	own := filepath.Join(modules, ".bin", "node")
	if _, err := os.Stat(own); err == nil {
		return own
	}
	return "node"
}

func environment(request *pulumirpc.RunRequest) ([]string, error) {
	// A stack without settings has an empty object and an empty list: nil maps and slices would be written as null, which
	// no program expects.
	settings, secrets := map[string]string{}, []string{}
	for key, value := range request.GetConfig() {
		settings[key] = value
	}
	config, err := json.Marshal(settings)
	if err != nil {
		return nil, err
	}
	keys, err := json.Marshal(append(secrets, request.GetConfigSecretKeys()...))
	if err != nil {
		return nil, err
	}
	return append(os.Environ(),
		"PULUMI_CONFIG="+string(config),
		"PULUMI_CONFIG_SECRET_KEYS="+string(keys),
		// Node strips the types itself.
		"PULUMI_NODEJS_TYPESCRIPT=false"), nil
}

func response(err error) (*pulumirpc.RunResponse, error) {
	var exit *exec.ExitError
	switch {
	case err == nil:
		return &pulumirpc.RunResponse{}, nil
	case errors.As(err, &exit) && exit.ExitCode() == errorShown:
		return &pulumirpc.RunResponse{Bail: true}, nil
	case errors.As(err, &exit):
		return &pulumirpc.RunResponse{Error: fmt.Sprintf("the program ended with exit code %d", exit.ExitCode())}, nil
	default:
		return &pulumirpc.RunResponse{Error: fmt.Sprintf("the program could not be started: %v", err)}, nil
	}
}
