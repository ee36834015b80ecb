// Command flux-oci pulls an artifact with the client of Flux's source-controller, and lists what it unpacked.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"log"
	"os"
	"path/filepath"

	"github.com/fluxcd/pkg/oci"
	"github.com/google/go-containerregistry/pkg/crane"
)

// usage: flux-oci REFERENCE DIRECTORY. Prints the artifact's metadata as JSON, then the path of each file.
func main() {
	reference, directory := os.Args[1], os.Args[2]
	client := oci.NewClient([]crane.Option{crane.Insecure})
	metadata, err := client.Pull(context.Background(), reference, directory)
	if err != nil {
		log.Fatal(err)
	}
	line, err := json.Marshal(metadata)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(string(line))
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
