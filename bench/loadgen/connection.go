package main

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"encoding/base64"
	"fmt"
	"net"
	"time"
)

// connection is a TLS connection to the target, with a reader for its responses.
type connection struct {
	*tls.Conn
	reader *bufio.Reader
}

// connect dials the target, through the proxy if there is one, and offers one ALPN protocol.
// The connection ends at deadline.
func (s *settings) connect(protocol string, deadline time.Time) (*connection, error) {
	raw, err := s.dialTCP()
	if err != nil {
		return nil, err
	}
	raw.SetDeadline(deadline)
	if s.proxy != nil {
		if err := s.openTunnel(raw); err != nil {
			raw.Close()
			return nil, err
		}
	}
	secure := tls.Client(raw, &tls.Config{
		RootCAs:    s.roots,
		ServerName: s.host(),
		NextProtos: []string{protocol},
	})
	if err := secure.Handshake(); err != nil {
		raw.Close()
		return nil, err
	}
	if got := secure.ConnectionState().NegotiatedProtocol; got != protocol && protocol == "h2" {
		raw.Close()
		return nil, fmt.Errorf("asked for h2, got %q", got)
	}
	return &connection{secure, bufio.NewReaderSize(secure, 64<<10)}, nil
}

func (s *settings) dialTCP() (net.Conn, error) {
	switch {
	case s.proxy != nil:
		return net.Dial("tcp", s.proxy.Host)
	case s.dial != "":
		return net.Dial("tcp", s.dial)
	default:
		return net.Dial("tcp", s.target)
	}
}

// openTunnel sends CONNECT, with credentials at once if the proxy's URL has them, and reads exactly
// the response head: what follows is TLS.
func (s *settings) openTunnel(conn net.Conn) error {
	request := fmt.Sprintf("CONNECT %s HTTP/1.1\r\nHost: %s\r\n", s.target, s.target)
	if user := s.proxy.User; user != nil {
		password, _ := user.Password()
		pair := base64.StdEncoding.EncodeToString([]byte(user.Username() + ":" + password))
		request += "Proxy-Authorization: Basic " + pair + "\r\n"
	}
	if _, err := conn.Write([]byte(request + "\r\n")); err != nil {
		return err
	}
	var head [4096]byte
	end := []byte("\r\n\r\n")
	for n := 0; n < len(head); {
		read, err := conn.Read(head[n:])
		if err != nil {
			return fmt.Errorf("CONNECT: %w", err)
		}
		n += read
		if !bytes.HasSuffix(head[:n], end) {
			continue
		}
		if !bytes.HasPrefix(head[:n], []byte("HTTP/1.1 200")) && !bytes.HasPrefix(head[:n], []byte("HTTP/1.0 200")) {
			line, _, _ := bytes.Cut(head[:n], []byte("\r\n"))
			return fmt.Errorf("CONNECT: %s", line)
		}
		return nil
	}
	return fmt.Errorf("CONNECT: a response head of more than %d bytes", len(head))
}
