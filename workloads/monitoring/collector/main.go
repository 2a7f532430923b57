// Command monitoring-collector sends what the pods of a stack write to VictoriaLogs. It reads their logs by the API of
// Kubernetes, with the rights of its pod's account, so that it needs no folder of a node.
//
//	LOGS_URL   where VictoriaLogs answers, such as http://monitoring-logs:9428
//	STACK      value of the label that all pods of the stack have
//	ACCOUNT    folder with token, ca.crt and namespace; default: that of a pod
//	API_URL    the API server; default: that of a pod
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log"
	"net/http"
	"net/url"
	"os"
	"os/signal"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// pod is what is read of a pod.
type pod struct {
	Metadata struct {
		Name   string
		Labels map[string]string
	}
	Status struct {
		ContainerStatuses []struct{ Name, ContainerID string }
	}
}

// line is one line, in the words that Docker's engine sends.
type line struct {
	Time    string `json:"_time"`
	Message string `json:"_msg"`
	Source  string `json:"source"`
	Part    string `json:"sourcetype"`
	Stack   string `json:"index"`
	Pod     string `json:"pod"`
}

// container is one run of a container, and how far its log is read.
type container struct {
	name string
	last time.Time
	// begun and busy say whether its log has ever been read, and whether it is now.
	begun bool
	busy  atomic.Bool
}

var (
	lines = make(chan line, 10*batch)
	// watching and taken say whether pods are watched, and whether the last lines were taken.
	watching, everWatched, taken atomic.Bool
	// known are containers by their ids: one that is started again has another.
	known sync.Map
)

const (
	pause = time.Second
	// patience is the time in which it must have begun.
	patience = 10 * time.Second
)

func main() {
	log.SetFlags(0)
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	api, store, stack := newAPI(), &store{url: required("LOGS_URL")}, required("STACK")
	taken.Store(true)
	sent := make(chan struct{})
	go func() { defer close(sent); store.send(ctx) }()
	go http.ListenAndServe(":9429", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if !watching.Load() || !taken.Load() {
			http.Error(w, "its log says why", http.StatusServiceUnavailable)
		}
	}))
	for begun := time.Now(); ctx.Err() == nil; wait(ctx) {
		err := watch(ctx, api, store, stack)
		if err == nil || ctx.Err() != nil {
			continue
		}
		// At its start it ends, so that a deployment says why; later the API may be away for a while.
		if !everWatched.Load() && time.Since(begun) > patience {
			log.Fatalf("pods cannot be watched: %v; the API server must be reachable from pods, and allow it", err)
		}
		log.Printf("pods cannot be watched: %v", err)
	}
	<-sent
}

// watch follows all pods of a stack, those that are there and those that come, until the API ends its answer.
func watch(ctx context.Context, api *api, store *store, stack string) error {
	// Without a version it begins with the pods that are there.
	query := url.Values{"labelSelector": {"mlstack.dev/stack=" + stack}, "watch": {"true"}, "timeoutSeconds": {"300"}}
	body, err := api.pods(ctx, "", query)
	watching.Store(err == nil)
	if err != nil {
		return err
	}
	everWatched.Store(true)
	defer body.Close()
	for decoder := json.NewDecoder(body); ; {
		var event struct {
			Type   string
			Object pod
		}
		if err := decoder.Decode(&event); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		for _, status := range event.Object.Status.ContainerStatuses {
			if status.ContainerID == "" {
				continue
			}
			one, _ := known.LoadOrStore(status.ContainerID, &container{name: status.Name})
			if run := one.(*container); run.busy.CompareAndSwap(false, true) {
				go follow(ctx, api, store, event.Object, run)
			}
		}
	}
}

// follow reads what one container writes. Where the connection breaks, it goes on behind the last line. An answer ends because
// the container has ended or has long written nothing: the next event of its pod, at the latest in five minutes, looks again.
func follow(ctx context.Context, api *api, store *store, from pod, run *container) {
	defer run.busy.Store(false)
	labels := from.Metadata.Labels
	next := line{Source: from.Metadata.Name, Part: labels["mlstack.dev/workload"], Stack: labels["mlstack.dev/stack"], Pod: from.Metadata.Name}
	if index, isMember := labels["batch.kubernetes.io/job-completion-index"]; isMember {
		next.Source = next.Part + "-" + index
	}
	if !run.begun {
		// What this program has sent before it was started again.
		run.last, run.begun = store.last(ctx, next.Pod), true
	}
	for ; ctx.Err() == nil; wait(ctx) {
		query := url.Values{"container": {run.name}, "follow": {"true"}, "timestamps": {"true"}}
		if !run.last.IsZero() {
			query.Set("sinceTime", run.last.Format(time.RFC3339))
		}
		body, err := api.pods(ctx, "/"+next.Pod+"/log", query)
		if err == nil {
			err = read(body, next, &run.last)
			body.Close()
		}
		if err == nil || errors.Is(err, errRefused) {
			return
		}
		if ctx.Err() == nil {
			log.Printf("the log of %s breaks off: %v", next.Pod, err)
		}
	}
}

// read passes on the lines behind `last`, which has only whole seconds for the API.
func read(body io.Reader, next line, last *time.Time) error {
	for reader := bufio.NewReaderSize(body, 64<<10); ; {
		text, err := reader.ReadString('\n')
		at, message, _ := strings.Cut(strings.TrimSuffix(text, "\n"), " ")
		if written, wrong := time.Parse(time.RFC3339Nano, at); wrong == nil && written.After(*last) {
			*last, next.Time, next.Message = written, at, message
			lines <- next
		}
		if errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
	}
}

// wait returns after a second, or when the program is asked to end.
func wait(ctx context.Context) {
	select {
	case <-ctx.Done():
	case <-time.After(pause):
	}
}

func required(name string) string {
	value := os.Getenv(name)
	if value == "" {
		log.Fatalf("%s must be set", name)
	}
	return value
}
