package main

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func start(t *testing.T) *httptest.Server {
	server := httptest.NewUnstartedServer(routes())
	server.EnableHTTP2 = true
	server.StartTLS()
	t.Cleanup(server.Close)
	return server
}

func TestEventsCarryTheTimeTheyWereWritten(t *testing.T) {
	server := start(t)
	response, err := server.Client().Get(server.URL + "/events?count=3&interval=5ms")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	lines, seen := bufio.NewScanner(response.Body), 0
	for lines.Scan() {
		var nanoseconds int64
		if n, _ := fmt.Sscanf(lines.Text(), "data: %d", &nanoseconds); n == 1 {
			seen++
			if delay := time.Since(time.Unix(0, nanoseconds)); delay < 0 || delay > time.Second {
				t.Errorf("event %d is %v old", seen, delay)
			}
		}
	}
	if seen != 3 {
		t.Errorf("%d events", seen)
	}
}

func TestUnarySendsTheMessageAndTheStatusAsATrailer(t *testing.T) {
	server := start(t)
	response, err := server.Client().Post(
		server.URL+"/bench.Echo/Unary", "application/grpc", strings.NewReader("message"))
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(response.Body)
	if err != nil || string(body) != "message" || response.ProtoMajor != 2 {
		t.Errorf("%q over %s, %v", body, response.Proto, err)
	}
	if status := response.Trailer.Get("Grpc-Status"); status != "0" {
		t.Errorf("trailer %q", status)
	}
}

func TestEchoTellsTheHashOfTheCredential(t *testing.T) {
	server := start(t)
	request, _ := http.NewRequest("GET", server.URL+"/echo?a=b", nil)
	request.Header.Set("Authorization", "Bearer abc")
	response, err := server.Client().Do(request)
	if err != nil {
		t.Fatal(err)
	}
	body, _ := io.ReadAll(response.Body)
	for _, expected := range []string{
		`"target":"/echo?a=b"`,
		// printf 'Bearer abc' | sha256sum
		`"authorization_sha256":"c355dce96c1612880d11940ffdd9014d386c253e0c3652a6cd06a7226f7bd2b6"`,
	} {
		if !strings.Contains(string(body), expected) {
			t.Errorf("no %s in %s", expected, body)
		}
	}
}

func TestUploadAnswersWithTheLength(t *testing.T) {
	server := start(t)
	response, err := server.Client().Post(
		server.URL+"/upload", "application/octet-stream", strings.NewReader(strings.Repeat("x", 1<<20)))
	if err != nil {
		t.Fatal(err)
	}
	body, _ := io.ReadAll(response.Body)
	if string(body) != "1048576\n" {
		t.Errorf("%q", body)
	}
}

func TestAWebSocketNeedsAHandshake(t *testing.T) {
	server := start(t)
	response, err := server.Client().Get(server.URL + "/websocket")
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if response.StatusCode != http.StatusUpgradeRequired {
		t.Errorf("status %d", response.StatusCode)
	}
}
