// Command pulumi-language-nodejs runs Pulumi programs on Node.js, for machines that cannot download Pulumi's own host.
//
// It does what a program needs whose plugins are there already: it starts the SDK's own runner with the engine's
// address, and policy packs (policy.go). Installing dependencies and listing plugins are left to npm and to the set-up.
package main

import (
	"flag"
	"fmt"
	"net"
	"os"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"
)

// largestMessage is the SDK's own limit for one call, in bytes; a stack's state may be large.
const largestMessage = 400 << 20

// version is the engine's, which the host is built for; the linker sets it.
var version = "0.0.0"

func main() {
	flag.String("tracing", "", "accepted and ignored: the engine passes it to every host")
	flag.String("root", "", "accepted and ignored")
	flag.Parse()

	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fail(err)
	}
	server := grpc.NewServer(grpc.MaxRecvMsgSize(largestMessage), grpc.MaxSendMsgSize(largestMessage))
	pulumirpc.RegisterLanguageRuntimeServer(server, &host{engine: flag.Arg(0)})
	// The engine reads the port from the first line.
	fmt.Println(listener.Addr().(*net.TCPAddr).Port)
	if err := server.Serve(listener); err != nil {
		fail(err)
	}
}

func fail(err error) {
	fmt.Fprintf(os.Stderr, "pulumi-language-nodejs: %v\n", err)
	os.Exit(1)
}
