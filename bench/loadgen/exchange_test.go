package main

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"
)

// upstream answers GET with 10 bytes, POST with the length it read, and a call with its message.
func upstream(t *testing.T) *settings {
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path == "/call":
			w.Header().Set("Trailer", "Grpc-Status")
			io.Copy(w, r.Body)
			w.Header().Set("Grpc-Status", r.Header.Get("Want-Status"))
		case r.Method == "POST":
			length, _ := io.Copy(io.Discard, r.Body)
			fmt.Fprintln(w, length)
		default:
			io.WriteString(w, "0123456789")
		}
	}))
	server.EnableHTTP2 = true
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	t.Cleanup(server.Close)
	roots := x509.NewCertPool()
	roots.AddCert(server.Certificate())
	return &settings{
		target: "example.com:443", dial: server.Listener.Addr().String(), roots: roots, path: "/",
		workers: 2, duration: 50 * time.Millisecond, timeout: 5 * time.Second,
	}
}

func expectWork(t *testing.T, got *report, err error) {
	t.Helper()
	if err != nil || got.Errors != 0 || got.Operations == 0 {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestEveryWorkloadMeasuresAServer(t *testing.T) {
	for name, work := range map[string]func(*settings) (*report, error){
		"keep-alive": keepAlive, "new-connections": newConnections, "http2": http2Streams, "download": download,
	} {
		t.Run(name, func(t *testing.T) {
			got, err := work(upstream(t))
			expectWork(t, got, err)
		})
	}
}

func TestUploadCountsWhatTheServerRead(t *testing.T) {
	s := upstream(t)
	s.size = 1_000_000
	got, err := upload(s)
	expectWork(t, got, err)
	if want := float64(got.Operations) / got.Seconds; got.MegabytesSecond != want {
		t.Errorf("%v MB/s, not %v", got.MegabytesSecond, want)
	}
}

func TestACallCountsOnlyWithItsStatusTrailer(t *testing.T) {
	s := upstream(t)
	s.path, s.size, s.headers = "/call", 100, headerList{"Want-Status: 0"}
	got, err := grpcUnary(s)
	expectWork(t, got, err)
	s.headers = headerList{"Want-Status: 13"}
	if got, _ := grpcUnary(s); got.Operations != 0 || got.Errors == 0 {
		t.Errorf("a failed call: %+v", got)
	}
}

func TestCallsGoOnWhenTheConnectionsWindowIsUsedUp(t *testing.T) {
	s := upstream(t)
	s.path, s.size, s.headers, s.count = "/call", 30_000, headerList{"Want-Status: 0"}, 100
	s.duration = s.timeout
	if got, err := grpcUnary(s); err != nil || got.Operations != 100 || got.Errors != 0 {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestCountBoundsTheOperationsOfAllWorkers(t *testing.T) {
	s := upstream(t)
	s.count, s.duration = 7, s.timeout
	if got, err := keepAlive(s); err != nil || got.Operations != 7 {
		t.Errorf("%+v, %v", got, err)
	}
}

// connectProxy relays CONNECT to address for whoever knows the password.
func connectProxy(t *testing.T, address string) *url.URL {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		expected := "Basic " + base64.StdEncoding.EncodeToString([]byte("user:p ss"))
		if r.Method != "CONNECT" || r.Header.Get("Proxy-Authorization") != expected {
			w.WriteHeader(http.StatusProxyAuthRequired)
			return
		}
		conn, err := net.Dial("tcp", address)
		if err != nil {
			return
		}
		client, stream, _ := w.(http.Hijacker).Hijack()
		io.WriteString(client, "HTTP/1.1 200 OK\r\n\r\n")
		go io.Copy(conn, stream)
		io.Copy(client, conn)
		client.Close()
	}))
	t.Cleanup(server.CloseClientConnections)
	proxy, _ := url.Parse(server.URL)
	return proxy
}

func TestAProxyGetsThePasswordOfItsURL(t *testing.T) {
	s := upstream(t)
	s.proxy = connectProxy(t, s.dial)
	s.count = 1
	if _, err := s.connect("http/1.1", time.Now().Add(s.timeout)); err == nil || !strings.Contains(err.Error(), "407") {
		t.Errorf("without a password: %v", err)
	}
	s.proxy.User = url.UserPassword("user", "p ss")
	got, err := newConnections(s)
	expectWork(t, got, err)
}

func TestACertificateFromAnotherAuthorityIsRefused(t *testing.T) {
	s := upstream(t)
	s.roots = x509.NewCertPool()
	_, err := s.connect("http/1.1", time.Now().Add(s.timeout))
	if _, unknown := err.(*tls.CertificateVerificationError); !unknown {
		t.Errorf("%v", err)
	}
}
