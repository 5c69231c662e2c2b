// Command delay relays TCP and adds a fixed delay in each direction, to stand in for a distant
// network on loopback.
//
//	delay -listen 127.0.0.1:0 -target 127.0.0.1:8443 -one-way 20ms
//
// It prints the address it listens on, then one line with the number of connections it had, when
// its standard input ends.
//
// A kernel accepts a loopback connection at once; a distant one would need a round trip first. So
// the first bytes of a connection are held back by one more round trip.
package main

import (
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"os"
	"sync/atomic"
	"time"
)

func main() {
	listen := flag.String("listen", "127.0.0.1:0", "address to accept connections on")
	target := flag.String("target", "", "address to relay them to")
	oneWay := flag.Duration("one-way", 20*time.Millisecond, "delay in each direction")
	flag.Parse()
	listener, err := net.Listen("tcp", *listen)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(listener.Addr())
	var accepted atomic.Int64
	go func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				log.Fatal(err)
			}
			accepted.Add(1)
			go relay(client, *target, *oneWay)
		}
	}()
	io.Copy(io.Discard, os.Stdin)
	fmt.Println("connections", accepted.Load())
}
