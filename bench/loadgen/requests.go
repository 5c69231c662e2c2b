package main

import (
	"bytes"
	"io"
	"time"
)

// check asks once and reports the body: does the proxy put the credential in?
func check(s *settings) (*report, error) {
	conn, framing, err := s.begin(s.requestHead("GET"), time.Now().Add(s.timeout))
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	var body bytes.Buffer
	if _, err := readBody(conn.reader, framing, &body); err != nil {
		return nil, err
	}
	return &report{Operations: 1, Body: body.String()}, nil
}

// keepAlive sends one request after the other on every worker's own connection.
func keepAlive(s *settings) (*report, error) {
	request := s.requestHead("GET")
	return s.measure(func(r *run, rec *recorder) {
		r.onConnection(rec, func(conn *connection) (int64, error) {
			if _, err := conn.Write(request); err != nil {
				return 0, err
			}
			return readResponse(conn.reader)
		})
	}), nil
}

// newConnections opens a connection for every request; the time includes the connection's.
func newConnections(s *settings) (*report, error) {
	request := s.requestHead("GET")
	return s.measure(func(r *run, rec *recorder) {
		for r.more() {
			start := time.Now()
			n, err := s.exchangeOnce(request, r.deadline)
			if err != nil {
				rec.fail(err)
				continue
			}
			rec.record(start, time.Now(), n)
		}
	}), nil
}

func (s *settings) exchangeOnce(request []byte, deadline time.Time) (int64, error) {
	conn, body, err := s.begin(request, deadline)
	if err != nil {
		return 0, err
	}
	defer conn.Close()
	return readBody(conn.reader, body, io.Discard)
}

// begin sends a request on a new connection and reads the head of its response, which must be 200.
func (s *settings) begin(request []byte, deadline time.Time) (*connection, framing, error) {
	conn, err := s.connect("http/1.1", deadline)
	if err != nil {
		return nil, framing{}, err
	}
	if _, err := conn.Write(request); err != nil {
		conn.Close()
		return nil, framing{}, err
	}
	body, err := readHead(conn.reader, "200")
	if err != nil {
		conn.Close()
		return nil, framing{}, err
	}
	return conn, body, nil
}

// onConnection repeats exchange on one connection, and on a new one after a failure. Connecting is
// not part of an operation's time.
func (r *run) onConnection(rec *recorder, exchange func(*connection) (int64, error)) {
	var conn *connection
	var err error
	for r.more() {
		if conn == nil {
			if conn, err = r.connect("http/1.1", r.deadline); err != nil {
				rec.fail(err)
				continue
			}
			defer conn.Close()
		}
		start := time.Now()
		n, err := exchange(conn)
		if err != nil {
			rec.fail(err)
			conn.Close()
			conn = nil
			continue
		}
		rec.record(start, time.Now(), n)
	}
}
