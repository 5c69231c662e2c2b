// Command origin is the test upstream for what a file server cannot do: timed server-sent events,
// gRPC, uploads that are read to the end, an echo of the request and WebSocket.
//
//	origin -listen 127.0.0.1:0 -certificate leaf.pem -key leaf.key
//
// It speaks HTTP/1.1 and HTTP/2 over TLS, prints the address it listens on, and ends when its
// standard input does.
package main

import (
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
)

func main() {
	listen := flag.String("listen", "127.0.0.1:0", "address to accept connections on")
	certificate := flag.String("certificate", "", "PEM file: the leaf, then its issuers")
	key := flag.String("key", "", "PEM file: the leaf's private key")
	flag.Parse()
	listener, err := net.Listen("tcp", *listen)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(listener.Addr())
	server := &http.Server{Handler: routes(), ErrorLog: log.New(io.Discard, "", 0)}
	go func() { log.Fatal(server.ServeTLS(listener, *certificate, *key)) }()
	io.Copy(io.Discard, os.Stdin)
}

func routes() *http.ServeMux {
	mux := http.NewServeMux()
	mux.HandleFunc("/echo", echo)
	mux.HandleFunc("/upload", upload)
	mux.HandleFunc("/events", events)
	mux.HandleFunc("/websocket", echoFrames)
	mux.HandleFunc("/bench.Echo/Unary", unary)
	return mux
}
