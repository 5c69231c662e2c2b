package main

import (
	"crypto/x509"
	"flag"
	"fmt"
	"net"
	"net/url"
	"os"
	"strings"
	"time"
)

// settings say what to ask for, how to get there, how much of it and when to stop.
type settings struct {
	target  string   // host:port, as in CONNECT; the host is the name in the certificate
	dial    string   // address to connect to in place of target, if there is no proxy
	proxy   *url.URL // nil for a direct connection
	roots   *x509.CertPool
	path    string
	headers headerList

	workers  int           // connections, or streams of one connection
	warmUp   time.Duration // not measured
	duration time.Duration // no operation starts after it
	count    int           // no more operations than this; 0 for no limit
	timeout  time.Duration // every connection is dead by then
	size     int64         // bytes of an upload or a message
	port     int           // local port whose open connections are counted after aborts

	pid       int  // root of the process tree whose memory and processor time are read
	resetPeak bool // the peak of its memory counts from now, not from its start
}

// headerList is a repeatable flag of the form "Name: value".
type headerList []string

func (h *headerList) String() string { return strings.Join(*h, ", ") }

func (h *headerList) Set(line string) error {
	if !strings.Contains(line, ": ") || strings.ContainsAny(line, "\r\n") {
		return fmt.Errorf("not of the form 'Name: value'")
	}
	*h = append(*h, line)
	return nil
}

func parseSettings(args []string) (*settings, error) {
	s := &settings{}
	flags := flag.NewFlagSet("loadgen", flag.ContinueOnError)
	flags.StringVar(&s.target, "target", "", "`host:port` to ask for")
	flags.StringVar(&s.dial, "dial", "", "`address` to connect to in place of the target")
	proxy := flags.String("proxy", "", "`URL` of the proxy, with user and password if it wants them")
	ca := flags.String("ca", os.Getenv("SSL_CERT_FILE"), "PEM `file` of the roots to trust")
	flags.StringVar(&s.path, "path", "/", "request target")
	flags.Var(&s.headers, "header", "header `line` to send, repeatable")
	flags.IntVar(&s.workers, "workers", 1, "connections, or streams of one connection")
	flags.DurationVar(&s.warmUp, "warm-up", 0, "time that is not measured")
	flags.DurationVar(&s.duration, "duration", time.Second, "time after which nothing is started")
	flags.IntVar(&s.count, "count", 0, "operations after which nothing is started; 0: no limit")
	flags.DurationVar(&s.timeout, "timeout", 30*time.Second, "time after which everything is given up")
	flags.Int64Var(&s.size, "size", 0, "bytes of an upload or a message")
	flags.IntVar(&s.pid, "pid", 0, "process whose tree's memory and processor time are read")
	flags.BoolVar(&s.resetPeak, "reset-peak", false, "forget that tree's earlier peak of memory")
	flags.IntVar(&s.port, "port", 0, "local port whose connections are counted after aborts")
	if err := flags.Parse(args); err != nil {
		return nil, err
	}
	return s, s.complete(*proxy, *ca)
}

func (s *settings) complete(proxy, ca string) (err error) {
	if _, _, err = net.SplitHostPort(s.target); err != nil {
		return fmt.Errorf("-target: %w", err)
	}
	if proxy != "" {
		if s.proxy, err = url.Parse(proxy); err != nil {
			return fmt.Errorf("-proxy: %w", err)
		}
	}
	s.roots = x509.NewCertPool()
	pem, err := os.ReadFile(ca)
	if err != nil {
		return fmt.Errorf("-ca: %w", err)
	}
	if !s.roots.AppendCertsFromPEM(pem) {
		return fmt.Errorf("-ca: no certificate in %s", ca)
	}
	return nil
}

// host is the name to expect in the certificate.
func (s *settings) host() string {
	host, _, _ := net.SplitHostPort(s.target)
	return host
}

// authority is the Host header: without the default port, as clients send it.
func (s *settings) authority() string { return strings.TrimSuffix(s.target, ":443") }
