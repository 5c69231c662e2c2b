package main

import (
	"io"
	"net"
	"testing"
	"time"
)

// echo accepts connections and sends back what comes, until the test ends.
func echo(t *testing.T) string {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				io.Copy(conn, conn)
				conn.Close()
			}()
		}
	}()
	return listener.Addr().String()
}

func TestTheFirstExchangeTakesTwoRoundTripsAndTheNextOne(t *testing.T) {
	client, server := tcpPair(t)
	const oneWay = 20 * time.Millisecond
	go relay(server, echo(t), oneWay)
	for i, roundTrips := range []time.Duration{2, 1, 1} {
		start := time.Now()
		if _, err := client.Write([]byte("x")); err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadFull(client, make([]byte, 1)); err != nil {
			t.Fatal(err)
		}
		took, least := time.Since(start), roundTrips*2*oneWay
		if took < least || took > least+2*oneWay {
			t.Errorf("exchange %d took %v, not about %v", i, took, least)
		}
	}
}

func TestTheEndOfTheClientReachesTheTargetAndComesBack(t *testing.T) {
	client, server := tcpPair(t)
	go relay(server, echo(t), time.Millisecond)
	client.Write([]byte("last words"))
	client.CloseWrite()
	got, err := io.ReadAll(client)
	if err != nil || string(got) != "last words" {
		t.Fatalf("%q, %v", got, err)
	}
}

func tcpPair(t *testing.T) (client *net.TCPConn, server net.Conn) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	conn, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	server, err = listener.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn.(*net.TCPConn), server
}
