// suture: a goroutine for each service. `suture <workload> <n>` prints one line of JSON.
package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"runtime"
	"sort"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/thejerf/suture/v4"
)

const total = 100000

var failure = errors.New("told to fail")

type service func(ctx context.Context) error

func (serve service) Serve(ctx context.Context) error { return serve(ctx) }

func newSupervisor() *suture.Supervisor {
	return suture.New("bench", suture.Spec{
		EventHook:        func(suture.Event) {},
		FailureThreshold: math.MaxFloat64,
		Timeout:          time.Minute,
	})
}

func memory() uint64 {
	var stats runtime.MemStats
	for i := 0; i < 3; i++ {
		runtime.GC()
	}
	runtime.ReadMemStats(&stats)
	return stats.HeapAlloc + stats.StackInuse
}

func ms(since time.Time) float64 { return float64(time.Since(since).Nanoseconds()) / 1e6 }

func tree(n int) {
	before := memory()
	var running sync.WaitGroup
	running.Add(n)
	begun := time.Now()
	supervisor := newSupervisor()
	for i := 0; i < n; i++ {
		supervisor.Add(service(func(ctx context.Context) error {
			running.Done()
			<-ctx.Done()
			return nil
		}))
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := supervisor.ServeBackground(ctx)
	running.Wait()
	start := ms(begun)
	used := float64(memory()-before) / float64(n)
	begun = time.Now()
	cancel()
	<-ended
	fmt.Printf(`{"start":%f,"memory":%f,"stop":%f}`+"\n", start, used, ms(begun))
}

func storm(n int) {
	var count int64
	finished := make(chan struct{})
	supervisor := newSupervisor()
	for i := 0; i < n; i++ {
		supervisor.Add(service(func(ctx context.Context) error {
			ended := atomic.AddInt64(&count, 1)
			if ended < total {
				return failure
			}
			if ended == total {
				close(finished)
			}
			<-ctx.Done()
			return nil
		}))
	}
	begun := time.Now()
	supervisor.ServeBackground(context.Background())
	<-finished
	fmt.Printf(`{"storm":%f}`+"\n", ms(begun))
}

func latency(n int) {
	samples := make([]float64, 0, n)
	finished := make(chan struct{})
	var failedAt time.Time
	supervisor := newSupervisor()
	supervisor.Add(service(func(ctx context.Context) error {
		if !failedAt.IsZero() {
			samples = append(samples, float64(time.Since(failedAt).Nanoseconds())/1e3)
		}
		if len(samples) == n {
			close(finished)
			<-ctx.Done()
			return nil
		}
		failedAt = time.Now()
		return failure
	}))
	supervisor.ServeBackground(context.Background())
	<-finished
	sort.Float64s(samples)
	fmt.Printf(`{"latency":%f}`+"\n", samples[n/2])
}

func main() {
	n, _ := strconv.Atoi(os.Args[2])
	map[string]func(int){"tree": tree, "storm": storm, "latency": latency}[os.Args[1]](n)
}
