package main

import (
	"bytes"
	"fmt"
	"strconv"
	"time"
)

// events reads one stream of server-sent events per worker. An operation is an event, and its time
// is how long it was under way: its data is when the server wrote it (nanoseconds since the epoch).
func events(s *settings) (*report, error) {
	request := s.requestHead("GET")
	return s.measure(func(r *run, rec *recorder) {
		if err := r.readEvents(request, rec); err != nil {
			rec.fail(err)
		}
	}), nil
}

func (r *run) readEvents(request []byte, rec *recorder) error {
	conn, _, err := r.begin(request, r.deadline)
	if err != nil {
		return err
	}
	defer conn.Close()
	for r.more() {
		line, err := conn.reader.ReadSlice('\n')
		if err != nil {
			return fmt.Errorf("the stream ended early: %w", err)
		}
		arrived := time.Now()
		if stamp, found := bytes.CutPrefix(line, []byte("data: ")); found {
			nanoseconds, err := strconv.ParseInt(string(bytes.TrimSpace(stamp)), 10, 64)
			if err != nil {
				return err
			}
			rec.record(time.Unix(0, nanoseconds), arrived, int64(len(stamp)))
		}
	}
	return nil
}
