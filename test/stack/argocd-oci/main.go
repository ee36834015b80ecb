// Command argocd-oci reads an artifact as the repo-server of Argo CD reads an OCI source, with its default settings, and lists what it
// unpacked.
package main

import (
	"context"
	"fmt"
	"io/fs"
	"log"
	"os"
	"path/filepath"

	utilio "github.com/argoproj/argo-cd/v3/util/io"
	"github.com/argoproj/argo-cd/v3/util/oci"
)

// The defaults of argocd-repo-server.
var mediaTypes = []string{
	"application/vnd.oci.image.layer.v1.tar",
	"application/vnd.oci.image.layer.v1.tar+gzip",
	"application/vnd.cncf.helm.chart.content.v1.tar+gzip",
}

const maxExtractedSize = 1 << 30

// usage: argocd-oci REPO_URL TARGET_REVISION. Prints the digest that the revision resolves to, then the path of each file.
func main() {
	url, revision := os.Args[1], os.Args[2]
	ctx := context.Background()
	cache, err := os.MkdirTemp("", "argocd-oci")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(cache)
	nothing := func(string) func() { return func() {} }
	nothingMore := func(string) func(string) { return func(string) {} }
	client, err := oci.NewClient(url, oci.Creds{InsecureHTTPOnly: true}, "", "", mediaTypes,
		oci.WithImagePaths(utilio.NewRandomizedTempPaths(cache)),
		oci.WithManifestMaxExtractedSize(maxExtractedSize),
		oci.WithEventHandlers(oci.EventHandlers{
			OnExtract: nothing, OnResolveRevision: nothing, OnDigestMetadata: nothing, OnTestRepo: nothing, OnGetTags: nothing,
			OnExtractFail: nothingMore, OnResolveRevisionFail: nothingMore, OnDigestMetadataFail: nothingMore,
			OnTestRepoFail: nothing, OnGetTagsFail: nothing,
		}))
	if err != nil {
		log.Fatal(err)
	}
	digest, err := client.ResolveRevision(ctx, revision, true)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(digest)
	directory, closer, err := client.Extract(ctx, digest)
	if err != nil {
		log.Fatal(err)
	}
	defer closer.Close()
	err = filepath.WalkDir(directory, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && entry.Type().IsRegular() {
			var name string
			if name, err = filepath.Rel(directory, path); err == nil {
				fmt.Println(name)
			}
		}
		return err
	})
	if err != nil {
		log.Fatal(err)
	}
}
