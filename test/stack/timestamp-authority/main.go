// Command timestamp-authority serves Sigstore's timestamp authority. Its own command, timestamp-server, also binds the metrics
// port 2112 on all addresses and ends where another program has it: a machine could run only one.
package main

import (
	"log"
	"os"
	"strconv"
	"time"

	"github.com/sigstore/timestamp-authority/v2/pkg/server"
	"github.com/spf13/viper"
)

const timeout = 30 * time.Second

// usage: timestamp-authority PORT KEY CERTIFICATE_CHAIN, of files in PEM
func main() {
	port, err := strconv.Atoi(os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	for name, value := range map[string]any{
		"timestamp-signer":         "file",
		"timestamp-signer-hash":    "sha256",
		"file-signer-key-path":     os.Args[2],
		"certificate-chain-path":   os.Args[3],
		"enforce-intermediate-eku": true,
		"disable-ntp-monitoring":   true,
		"max-request-body-size":    uint64(1 << 20),
		"default-policy-oid":       "1.3.6.1.4.1.57264.2",
		"accepted-policy-oids":     []string{"1.3.6.1.4.1.57264.2"},
	} {
		viper.Set(name, value)
	}
	log.Fatal(server.NewRestAPIServer("127.0.0.1", port, []string{"http"}, false, timeout, timeout).Serve())
}
