package main

import (
	"fmt"
	"strings"
	"time"
)

const transferBuffer = 256 << 10

// download reads the same large body again and again.
func download(s *settings) (*report, error) {
	return keepAlive(s)
}

// upload sends s.size zero bytes in every request. The server must answer with that number.
func upload(s *settings) (*report, error) {
	head := s.requestHead("POST",
		"Content-Type: application/octet-stream", fmt.Sprintf("Content-Length: %d", s.size))
	zeros := make([]byte, transferBuffer)
	return s.measure(func(r *run, rec *recorder) {
		r.onConnection(rec, func(conn *connection) (int64, error) {
			if _, err := conn.Write(head); err != nil {
				return 0, err
			}
			for left := s.size; left > 0; {
				n, err := conn.Write(zeros[:min(left, transferBuffer)])
				if err != nil {
					return 0, err
				}
				left -= int64(n)
			}
			return s.size, expectLength(conn, s.size)
		})
	}), nil
}

func expectLength(conn *connection, length int64) error {
	framing, err := readHead(conn.reader, "200")
	if err != nil {
		return err
	}
	var body strings.Builder
	if _, err := readBody(conn.reader, framing, &body); err != nil {
		return err
	}
	if got := strings.TrimSpace(body.String()); got != fmt.Sprint(length) {
		return fmt.Errorf("sent %d bytes, the server read %s", length, got)
	}
	return nil
}

// abortedDownloads begins s.count downloads of the same large body, all at once, reads a little of
// each, closes them, and counts the connections that the server at s.port still has one second
// later, less those it had before.
func abortedDownloads(s *settings) (*report, error) {
	before, err := establishedTo(s.port)
	if err != nil {
		return nil, err
	}
	request := s.requestHead("GET")
	deadline := time.Now().Add(s.timeout)
	outcomes := make(chan error, s.count)
	for range s.count {
		go func() { outcomes <- s.abortOnce(request, deadline) }()
	}
	summary := &report{Operations: s.count}
	for range s.count {
		if err := <-outcomes; err != nil {
			summary.Errors++
			summary.FirstError = err.Error()
		}
	}
	time.Sleep(time.Second)
	after, err := establishedTo(s.port)
	if err != nil {
		return nil, err
	}
	left := max(0, after-before)
	summary.LeftOpen = &left
	return summary, nil
}

func (s *settings) abortOnce(request []byte, deadline time.Time) error {
	conn, _, err := s.begin(request, deadline)
	if err != nil {
		return err
	}
	defer conn.Close()
	_, err = conn.reader.Discard(16 << 10)
	return err
}
