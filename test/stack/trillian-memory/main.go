// Command trillian-memory serves a Trillian log over gRPC with its trees in memory and its sequencer in the same process: all
// that Rekor 1 needs to keep a log, without a database. It ends with its process and keeps nothing.
package main

import (
	"context"
	"log"
	"net"
	"os"
	"time"

	"github.com/google/trillian"
	"github.com/google/trillian/extension"
	trillianlog "github.com/google/trillian/log"
	"github.com/google/trillian/monitoring"
	"github.com/google/trillian/quota"
	"github.com/google/trillian/server"
	"github.com/google/trillian/server/admin"
	"github.com/google/trillian/storage/memory"
	"github.com/google/trillian/util/clock"
	"github.com/google/trillian/util/election"
	"github.com/google/trillian/util/election2"
	"google.golang.org/grpc"
)

// sequenceEvery bounds how long Rekor's caller waits for its entry to be included.
const sequenceEvery = 20 * time.Millisecond

func main() {
	listener, err := net.Listen("tcp", os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	trees := memory.NewTreeStorage()
	metrics := monitoring.InertMetricFactory{}
	registry := extension.Registry{
		AdminStorage:    memory.NewAdminStorage(trees),
		LogStorage:      memory.NewLogStorage(trees, metrics),
		ElectionFactory: election2.NoopFactory{},
		QuotaManager:    quota.Noop(),
		MetricFactory:   metrics,
	}
	sequencer := trillianlog.NewOperationManager(trillianlog.OperationInfo{
		Registry:    registry,
		BatchSize:   100,
		NumWorkers:  1,
		RunInterval: sequenceEvery,
		TimeSource:  clock.System,
		ElectionConfig: election.RunnerConfig{
			MasterHoldInterval: time.Minute,
			MasterHoldJitter:   time.Minute,
			TimeSource:         clock.System,
		},
	}, trillianlog.NewSequencerManager(registry, 0))
	go sequencer.OperationLoop(context.Background())

	rpc := grpc.NewServer()
	trillian.RegisterTrillianLogServer(rpc, server.NewTrillianLogRPCServer(registry, clock.System))
	trillian.RegisterTrillianAdminServer(rpc, admin.New(registry, nil))
	log.Fatal(rpc.Serve(listener))
}
