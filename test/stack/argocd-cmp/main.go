// Command argocd-cmp is the server of Argo CD's config management plugins, and with --generate the client that the repo-server asks
// it with.
package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"time"

	commands "github.com/argoproj/argo-cd/v3/cmd/argocd-cmp-server/commands"
	"github.com/argoproj/argo-cd/v3/util/app/discovery"
	"github.com/argoproj/argo-cd/v3/util/cmp"
)

// usage: argocd-cmp --generate DIRECTORY PLUGIN [NAME=VALUE]..., or the arguments of argocd-cmp-server.
func main() {
	if len(os.Args) > 1 && os.Args[1] == "--generate" {
		generate(os.Args[2], os.Args[3], os.Args[4:])
		return
	}
	if err := commands.NewCommand().Execute(); err != nil {
		os.Exit(1)
	}
}

// Prints one object a line, as JSON.
func generate(directory, plugin string, environment []string) {
	ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second)
	defer cancel()
	connection, client, err := discovery.DetectConfigManagementPlugin(ctx, directory, directory, plugin, environment, nil)
	if err != nil {
		log.Fatal(err)
	}
	defer connection.Close()
	stream, err := client.GenerateManifest(ctx)
	if err != nil {
		log.Fatal(err)
	}
	if err := cmp.SendRepoStream(ctx, directory, directory, stream, environment, nil); err != nil {
		log.Fatal(err)
	}
	response, err := stream.CloseAndRecv()
	if err != nil {
		log.Fatal(err)
	}
	for _, manifest := range response.Manifests {
		fmt.Println(manifest)
	}
}
