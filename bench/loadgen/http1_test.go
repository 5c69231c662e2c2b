package main

import (
	"bufio"
	"bytes"
	"strings"
	"testing"
)

func TestReadResponseLeavesTheReaderAtTheNextResponse(t *testing.T) {
	responses := []struct {
		text   string
		length int64
	}{
		{"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", 5},
		{"HTTP/1.1 200 OK\r\ncontent-length:0\r\n\r\n", 0},
		{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n10;x=y\r\n0123456789abcdef\r\n0\r\n\r\n", 19},
	}
	var wire strings.Builder
	for _, response := range responses {
		wire.WriteString(response.text)
	}
	reader := bufio.NewReader(strings.NewReader(wire.String()))
	for i, response := range responses {
		length, err := readResponse(reader)
		if err != nil || length != response.length {
			t.Errorf("response %d: %d bytes, %v", i, length, err)
		}
	}
	if _, err := reader.ReadByte(); err == nil {
		t.Error("bytes are left over")
	}
}

func TestReadResponseRefusesWhatItCannotMeasure(t *testing.T) {
	for name, text := range map[string]string{
		"another status":    "HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n",
		"no length":         "HTTP/1.1 200 OK\r\n\r\nbody",
		"a body cut short":  "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel",
		"a chunk cut short": "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel",
		"a senseless chunk": "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
		"an endless line":   "HTTP/1.1 200 OK\r\nX: " + strings.Repeat("y", 100_000),
	} {
		if _, err := readResponse(bufio.NewReader(strings.NewReader(text))); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestTheRequestHeadNamesTheTargetAsClientsDo(t *testing.T) {
	for target, host := range map[string]string{
		"api.example.com:443":  "api.example.com",
		"api.example.com:8443": "api.example.com:8443",
	} {
		s := &settings{target: target, path: "/v1", headers: headerList{"A: b"}}
		head := s.requestHead("GET")
		if !bytes.HasPrefix(head, []byte("GET /v1 HTTP/1.1\r\nHost: "+host+"\r\n")) ||
			!bytes.HasSuffix(head, []byte("\r\nA: b\r\n\r\n")) {
			t.Errorf("%q", head)
		}
	}
}
