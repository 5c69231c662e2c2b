// Command loadgen measures an HTTPS server, directly or through a CONNECT proxy, and prints what it
// found as one JSON document.
//
//	loadgen keep-alive -target api.example.com:443 -proxy http://user:password@127.0.0.1:8080 -ca ca.pem
//
// The requests are built once and sent as bytes, and responses are read without being kept, so that
// the generator costs less than what it measures; its own processor time is in the report.
// `loadgen hold` prints the proxy variables it was started with and waits for the end of its
// standard input: it is the child of a proxy that lives only as long as its child.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"sort"
	"strings"
)

// workloads by name. Each one runs until settings say stop, and records into a measurement.
var workloads = map[string]func(*settings) (*report, error){
	"check":           check,
	"keep-alive":      keepAlive,
	"new-connections": newConnections,
	"http2":           http2Streams,
	"grpc":            grpcUnary,
	"download":        download,
	"upload":          upload,
	"events":          events,
	"websocket":       websocketEcho,
	"abort":           abortedDownloads,
}

func main() {
	if len(os.Args) < 2 {
		fail(fmt.Errorf("usage: loadgen %s|hold [flags]", strings.Join(names(), "|")))
	}
	if os.Args[1] == "hold" {
		hold()
		return
	}
	workload, known := workloads[os.Args[1]]
	if !known {
		fail(fmt.Errorf("no workload %q: there are %s", os.Args[1], strings.Join(names(), ", ")))
	}
	settings, err := parseSettings(os.Args[2:])
	if err == flag.ErrHelp {
		return
	}
	if err != nil {
		fail(err)
	}
	report, err := workload(settings)
	if err != nil {
		fail(err)
	}
	json.NewEncoder(os.Stdout).Encode(report)
}

func names() []string {
	var list []string
	for name := range workloads {
		list = append(list, name)
	}
	sort.Strings(list)
	return list
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "loadgen:", err)
	os.Exit(1)
}
