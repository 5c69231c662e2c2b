package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"
)

// echo tells what arrived. The bench checks with it that a peer really puts the credential in; the
// credential's hash is enough for that, and passes a peer that redacts credentials in responses.
func echo(w http.ResponseWriter, r *http.Request) {
	authorization := sha256.Sum256([]byte(r.Header.Get("Authorization")))
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(map[string]string{
		"method":               r.Method,
		"target":               r.RequestURI,
		"version":              r.Proto,
		"host":                 r.Host,
		"authorization_sha256": hex.EncodeToString(authorization[:]),
	})
}

// upload reads the whole body before it answers with the body's length.
func upload(w http.ResponseWriter, r *http.Request) {
	length, err := io.CopyBuffer(io.Discard, onlyReader{r.Body}, make([]byte, 256<<10))
	if err != nil {
		return
	}
	fmt.Fprintln(w, length)
}

// onlyReader hides WriteTo and friends, so that the buffer's size counts.
type onlyReader struct{ io.Reader }

// events sends `count` server-sent events, `interval` apart, each carrying the time it was written
// in nanoseconds since the epoch.
func events(w http.ResponseWriter, r *http.Request) {
	count, err := strconv.Atoi(r.URL.Query().Get("count"))
	if err != nil {
		http.Error(w, "count is not a number", http.StatusBadRequest)
		return
	}
	interval, err := time.ParseDuration(r.URL.Query().Get("interval"))
	if err != nil {
		http.Error(w, "interval is not a duration", http.StatusBadRequest)
		return
	}
	w.Header().Set("Content-Type", "text/event-stream")
	flusher := w.(http.Flusher)
	flusher.Flush()
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for range count {
		select {
		case <-r.Context().Done():
			return
		case <-ticker.C:
			fmt.Fprintf(w, "data: %d\n\n", time.Now().UnixNano())
			flusher.Flush()
		}
	}
}

// unary answers a gRPC call with the message it came with (gRPC over HTTP/2, without protobuf: the
// message is opaque to the wire).
func unary(w http.ResponseWriter, r *http.Request) {
	message, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	w.Header().Set("Content-Type", "application/grpc")
	w.Header().Set("Trailer", "Grpc-Status")
	w.Write(message)
	w.Header().Set("Grpc-Status", "0")
}
