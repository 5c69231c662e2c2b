package main

import (
	"encoding/json"
	"io"
	"os"
)

// held is what a proxy gave to its child.
type held struct {
	Proxy string `json:"proxy"`
	CA    string `json:"ca"`
}

func hold() {
	json.NewEncoder(os.Stdout).Encode(held{
		Proxy: os.Getenv("HTTPS_PROXY"),
		CA:    os.Getenv("SSL_CERT_FILE"),
	})
	io.Copy(io.Discard, os.Stdin)
}
