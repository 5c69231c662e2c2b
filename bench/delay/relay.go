package main

import (
	"net"
	"time"
)

// inFlight bounds the chunks on the way in one direction: with chunks of 64 KB, 256 MB.
const inFlight = 4096

// chunk is some bytes and when they may arrive.
type chunk struct {
	due   time.Time
	bytes []byte
}

// relay joins client to target, each direction delayed by oneWay.
func relay(client net.Conn, target string, oneWay time.Duration) {
	defer client.Close()
	upstream, err := net.Dial("tcp", target)
	if err != nil {
		return
	}
	defer upstream.Close()
	established := time.Now().Add(2 * oneWay)
	finished := make(chan struct{}, 2)
	go func() {
		pump(upstream, client, oneWay, established)
		finished <- struct{}{}
	}()
	go func() {
		pump(client, upstream, oneWay, time.Time{})
		finished <- struct{}{}
	}()
	<-finished
	<-finished
}

// pump moves bytes from source to sink, each oneWay after it came, none as if sent before earliest.
// The end of the source becomes the end of the sink; a dead sink ends the source.
func pump(sink, source net.Conn, oneWay time.Duration, earliest time.Time) {
	chunks := make(chan chunk, inFlight)
	go receive(source, chunks, oneWay, earliest)
	for next := range chunks {
		time.Sleep(time.Until(next.due))
		if _, err := sink.Write(next.bytes); err != nil {
			source.Close()
			break
		}
	}
	for range chunks {
		// The sink is dead: let receive finish.
	}
	if tcp, ok := sink.(*net.TCPConn); ok {
		tcp.CloseWrite()
	}
}

func receive(source net.Conn, chunks chan<- chunk, oneWay time.Duration, earliest time.Time) {
	defer close(chunks)
	for {
		buffer := make([]byte, 64<<10)
		n, err := source.Read(buffer)
		if n > 0 {
			sent := time.Now()
			if sent.Before(earliest) {
				sent = earliest
			}
			chunks <- chunk{due: sent.Add(oneWay), bytes: buffer[:n]}
		}
		if err != nil {
			return
		}
	}
}
