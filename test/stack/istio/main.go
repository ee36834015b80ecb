// Command istio does with objects what an Istio mesh does with them until a gateway has its filters: istiod's code validates them,
// inserts filters into the listeners of the gateway, and says what these load; the code of the proxy's agent fetches the modules.
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"

	hcm "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/network/http_connection_manager/v3"
	discovery "github.com/envoyproxy/go-control-plane/envoy/service/discovery/v3"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/types/known/anypb"
	"istio.io/istio/pilot/pkg/config/kube/extensions"
	"istio.io/istio/pilot/pkg/model"
	"istio.io/istio/pilot/pkg/networking/core"
	"istio.io/istio/pkg/log"
	"istio.io/istio/pkg/test"
	"istio.io/istio/pkg/wasm"
)

const (
	namespace = "default"
	// The gateway that the objects are for, as Istio's charts install it.
	gateway = `
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: gateway, namespace: default}
spec:
  selector: {istio: ingressgateway}
  servers: [{port: {number: 80, name: http, protocol: HTTP}, hosts: ["*"]}]
---
`
)

// usage: istio CACHE_DIRECTORY < OBJECTS, in YAML. Prints the filters that are inserted and the resources that Envoy is given for them.
func main() {
	options := log.DefaultOptions()
	options.OutputPaths = []string{"stderr"}
	if err := log.Configure(options); err != nil {
		fail(err)
	}
	objects, err := io.ReadAll(os.Stdin)
	if err != nil {
		fail(err)
	}
	var filters []*hcm.HttpFilter
	var resources []*anypb.Any
	if err := test.Wrap(func(t test.Failer) { filters, resources = configure(t, gateway+string(objects)) }); err != nil {
		fail(err)
	}
	if err := wasm.MaybeConvertWasmExtensionConfig(resources, wasm.NewLocalFileCache(os.Args[1], wasm.Options{})); err != nil {
		fail(err)
	}
	if err := print(filters, resources); err != nil {
		fail(err)
	}
}

// configure is istiod's part.
func configure(t test.Failer, objects string) (filters []*hcm.HttpFilter, resources []*anypb.Any) {
	istiod := core.NewConfigGenTest(t, core.TestOptions{
		ConfigString: objects,
		CreateConfigStore: func(store model.ConfigStoreController) model.ConfigStoreController {
			return extensions.NewController(store, nil, nil)
		},
	})
	labels := map[string]string{"istio": "ingressgateway"}
	proxy := istiod.SetupProxy(&model.Proxy{
		Type:            model.Router,
		ConfigNamespace: namespace,
		Labels:          labels,
		Metadata:        &model.NodeMetadata{Namespace: namespace, Labels: labels, IstioVersion: "1.31.0"},
	})
	var names []string
	for _, listener := range istiod.Listeners(proxy) {
		for _, chain := range listener.FilterChains {
			for _, filter := range chain.Filters {
				manager := &hcm.HttpConnectionManager{}
				if filter.GetTypedConfig().UnmarshalTo(manager) != nil {
					continue // another filter
				}
				for _, filter := range manager.HttpFilters {
					if filter.GetConfigDiscovery() != nil {
						filters = append(filters, filter)
						names = append(names, filter.Name)
					}
				}
			}
		}
	}
	for _, extension := range istiod.ConfigGen.BuildExtensionConfiguration(proxy, istiod.PushContext(), names, nil) {
		resource, err := anypb.New(extension)
		if err != nil {
			t.Fatal(err)
		}
		resources = append(resources, resource)
	}
	return filters, resources
}

func print(filters []*hcm.HttpFilter, resources []*anypb.Any) error {
	response, err := protojson.Marshal(&discovery.DiscoveryResponse{Resources: resources})
	if err != nil {
		return err
	}
	printed := struct {
		Filters  []json.RawMessage `json:"filters"`
		Response json.RawMessage   `json:"response"`
	}{Response: response}
	for _, filter := range filters {
		text, err := protojson.Marshal(filter)
		if err != nil {
			return err
		}
		printed.Filters = append(printed.Filters, text)
	}
	return json.NewEncoder(os.Stdout).Encode(printed)
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}
